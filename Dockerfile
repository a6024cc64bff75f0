# The command `spincat` and `make`, with Python and all packages in the versions of requirements.lock.
# The full image has git and make; for the same system to the last byte, add the digest that
# `docker pull` prints: FROM python:3.11.13-bookworm@sha256:...
FROM python:3.11.13-bookworm

RUN useradd --create-home --uid 1000 spincat
WORKDIR /opt/spincat
RUN chown spincat /opt/spincat
USER spincat

COPY --chown=spincat . .
RUN make env

# A folder of the host can be mounted here; `spincat` writes to runs/ below it.
WORKDIR /results
ENTRYPOINT ["/opt/spincat/.venv/bin/spincat"]
CMD ["--help"]
