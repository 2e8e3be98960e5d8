# syntax=docker/dockerfile:1
# The emulator in a container: one static program, nothing else to run. `docker build -t frontegg-emulator .`

FROM rust:1.95-alpine AS build
# hadolint ignore=DL3018 # a package of an older version is no longer there to be pinned
RUN apk add --no-cache build-base linux-headers
WORKDIR /source
COPY . .
ARG TARGETARCH
ENV CARGO_PROFILE_RELEASE_STRIP=true
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --release --locked -p frontegg-emulator && \
    install -D target/release/frontegg-emulator "/binaries/$TARGETARCH/frontegg-emulator"

# By architecture. A release puts its own here, which are built already: `--build-context binaries=FOLDER`.
FROM scratch AS binaries
COPY --from=build /binaries /

# Certificates of the authorities, a folder for temporary files, somebody who is not root, and no shell.
FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETARCH
COPY --from=binaries --chmod=755 "/$TARGETARCH/frontegg-emulator" /usr/local/bin/frontegg-emulator
# What is kept in a file is kept here: `--store sqlite:emulator.db`.
WORKDIR /home/nonroot
# Others than this machine reach it, so an admin token has to be given: FRONTEGG_EMULATOR_ADMIN_TOKEN.
ENV FRONTEGG_EMULATOR_LISTEN=0.0.0.0:8100
EXPOSE 8100
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["frontegg-emulator", "healthcheck"]
ENTRYPOINT ["frontegg-emulator"]
