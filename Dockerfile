# One image for the web server, the workers and the scheduler; what a container does is its command.
# Build where the package index can be reached, or with WHEELS=wheels after `pip download` (docs/operations.md).
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/archive \
 && if [ -d wheels ]; then offline="--no-index -f wheels"; fi \
 && /opt/archive/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps ${offline:-} -r requirements.lock \
 && /opt/archive/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --no-index .

FROM ${PYTHON_IMAGE}
# The second engine that reads pages, and its Chinese data (the first one brings its models along); what `backup` calls.
# The client must not be older than the server: docker-compose.yml names the server of the same version.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends tesseract-ocr tesseract-ocr-chi-sim postgresql-client \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/archive /opt/archive
# A fresh volume takes over owner and content of the folder that it is put on: /data belongs to the user of the program.
RUN groupadd --system --gid 10001 archive \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data archive \
 && install -d -m 0700 -o archive -g archive /data /data/tmp
ENV PATH=/opt/archive/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ARCHIVE_HOME=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["archive-service"]
CMD ["serve", "--host", "0.0.0.0"]
