# The node in a container: small, not root, with nothing to write to but its store. Build with `docker build -t jiabiao .`,
# run with docker-compose.yml, or:
#   docker run --read-only --cap-drop ALL -p 127.0.0.1:8000:8000 -v jiabiao-store:/srv/jiabiao/data jiabiao
#
# The base image brings Node.js, at the version that package-lock.json brings elsewhere (a test holds them together). The
# locked binary would do, but needs libatomic, which a bare Debian lacks: an image that is kept in step with Node.js is one
# thing less to look after, for both architectures. Debian rather than Alpine: the store's binaries are built for glibc.
FROM node:26.10.0-trixie-slim AS build
WORKDIR /opt/jiabiao
# These change rarely: the layer below them is built again only when they do.
COPY package.json package-lock.json .npmrc ./
COPY config/node-runs.sh config/node-runs.sh
# Without the second Node.js, which the base image makes superfluous (210 MB), and the link to it; without the forms of the
# page of /docs that are not served (10 MB).
RUN npm ci --omit=dev --no-update-notifier \
  && rm -rf node_modules/node-* node_modules/.bin/node /root/.npm \
  && cd node_modules/swagger-ui-dist && rm -f *.map swagger-ui-es-* swagger-ui.js swagger-ui-standalone-preset.js
COPY LICENSE ./
COPY config/demo config/demo
COPY src src
# A checkout may have lost the mode, and `jiabiao` is this file.
RUN chmod 755 src/cli/main.ts

FROM node:26.10.0-trixie-slim
LABEL org.opencontainers.image.title="jiabiao" \
  org.opencontainers.image.description="Secondary identifier-resolution node" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/jiabiao /opt/jiabiao
# A volume without content takes owner and mode of the directory it is mounted on. A directory of the host that is mounted
# there instead must belong to 1000:1000.
RUN ln -s /opt/jiabiao/src/cli/main.ts /usr/local/bin/jiabiao \
  && install -d -o 1000 -g 1000 -m 750 /srv/jiabiao /srv/jiabiao/data /srv/jiabiao/imports
# Loopback inside a container reaches nobody. What is reachable is decided where the port is published: on loopback, or to a
# proxy that speaks TLS.
ENV JIABIAO_HTTP__HOST=0.0.0.0 \
  JIABIAO_HTTP__ALLOW_PLAIN_HTTP=true \
  JIABIAO_HANDLE__HOST=0.0.0.0
# Store and operator key are in ./data by default, so that `docker exec NAME jiabiao enterprise list` finds the key too.
WORKDIR /srv/jiabiao
VOLUME /srv/jiabiao/data
# As a number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 8000
# The Handle protocol, once JIABIAO_HANDLE__PORT=2641 and JIABIAO_HANDLE__PUBLIC_ADDRESS are given.
EXPOSE 2641/tcp 2641/udp
# Ready: at least one worker answers. A full disk leaves it ready, since resolving goes on. With TLS its own certificate is not
# checked: it names the world's address for this node, not loopback.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "const { JIABIAO_HTTP__METRICS_PORT: plain, JIABIAO_HTTP__PORT: port = 8000, JIABIAO_TLS__CERTIFICATE: tls } = process.env; process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`http${tls && !plain ? 's' : ''}://127.0.0.1:${plain ?? port}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The node is process 1 and handles SIGTERM itself: it finishes what is in flight, at most 20 seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["jiabiao"]
CMD ["serve"]
