#!/usr/bin/env bash
# ceph.sh FOLDER PORT ACCESS_KEY SECRET_KEY: one monitor, one store in memory and one S3 gateway from Debian's packages.
# Each daemon runs in a session of its own whose number stands in FOLDER/<name>.session.
set -euo pipefail
folder=$1 port=$2 access=$3 secret=$4
mkdir -p "$folder"/{mon,osd,rgw,run}
conf=$folder/ceph.conf
fsid=$(cat /proc/sys/kernel/random/uuid)
mon=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat >"$conf" <<CONF
[global]
fsid = $fsid
mon initial members = a
mon host = v2:127.0.0.1:$mon
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = $folder/keyring
run dir = $folder/run
admin socket = $folder/run/\$name.asok
pid file = $folder/run/\$name.pid
log file = $folder/\$name.log
crash dir = $folder/run
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
mon allow pool size one = true
mon max pg per osd = 2000
mon warn on pool no redundancy = false
# Other daemons of this machine may hold any port of the usual range.
ms bind port min = 20800
ms bind port max = 29800
[mon]
mon data = $folder/mon
[osd]
osd data = $folder/osd
[client.rgw]
rgw data = $folder/rgw
# Without tcp_nodelay each small answer waits 40 ms.
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw thread pool size = 32
CONF
export CEPH_CONF=$conf

daemon() {
  local name=$1
  shift
  setsid "$@" >>"$folder/$name.out" 2>&1 </dev/null &
  echo "$!" >"$folder/$name.session"
}

ceph-authtool --create-keyring "$folder/keyring" --gen-key -n mon. --cap mon 'allow *'
ceph-authtool "$folder/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
ceph-authtool "$folder/keyring" --gen-key -n client.rgw --cap mon 'allow rwx' --cap osd 'allow rwx'
monmaptool --create --addv a "[v2:127.0.0.1:$mon]" --fsid "$fsid" "$folder/monmap"
ceph-mon -c "$conf" --mkfs -i a --monmap "$folder/monmap" --keyring "$folder/keyring"
daemon mon ceph-mon -c "$conf" -i a -f
timeout 30 ceph -c "$conf" -s >/dev/null
osd=$(cat /proc/sys/kernel/random/uuid)
id=$(timeout 30 ceph -c "$conf" osd create "$osd")
timeout 30 ceph -c "$conf" osd crush add "osd.$id" 1.0 root=default host=localhost
ceph-authtool "$folder/keyring" --gen-key -n "osd.$id" --cap mon 'allow *' --cap osd 'allow *'
timeout 30 ceph -c "$conf" auth import -i "$folder/keyring"
ceph-osd -c "$conf" -i "$id" --mkfs --osd-uuid "$osd"
daemon osd ceph-osd -c "$conf" -i "$id" -f
timeout 60 radosgw-admin -c "$conf" -n client.rgw user create --uid=archive --display-name=archive \
  --access-key="$access" --secret-key="$secret" >/dev/null
daemon rgw radosgw -c "$conf" -n client.rgw -f
