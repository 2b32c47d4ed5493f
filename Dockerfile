# An image with everything that a run needs. It has not been built yet where this was written: no
# container engine was there. Build and use it with
#   docker build -t toondecompose .
#   docker run --rm -v "$PWD:/work" toondecompose toondecompose run mine
FROM python:3.12.12-slim-bookworm

# The package in /opt, with pins; the folder that is mounted at /work holds config, clips, results.
COPY pyproject.toml constraints.txt README.md LICENSE environment.yml Snakefile /opt/toondecompose/
COPY toondecompose /opt/toondecompose/toondecompose
COPY third_party /opt/toondecompose/third_party
COPY data /opt/toondecompose/data
COPY profiles /opt/toondecompose/profiles
RUN pip install --no-cache-dir --constraint /opt/toondecompose/constraints.txt \
    "/opt/toondecompose[workflow,raft,export]"

WORKDIR /work
CMD ["toondecompose", "--help"]
