# A small image of the server: `docker build --tag agent-free .`
# It runs as an unprivileged user and writes nothing. Settings: see .env.example.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --package agent-free \
    && install --strip target/release/agent-free /usr/local/bin/agent-free

FROM debian:bookworm-slim
COPY --from=build /usr/local/bin/agent-free /usr/local/bin/agent-free
COPY data /usr/share/agent-free/data
USER nobody
ENV LISTEN_ADDRESS=0.0.0.0:8080
EXPOSE 8080
# The image has bash but no HTTP client.
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3; grep -q '200 OK' <&3"]
ENTRYPOINT ["agent-free"]
CMD ["serve"]
