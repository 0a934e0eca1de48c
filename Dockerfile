# The packages apart from the sources, so that a change of the sources does not fetch them again.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Of the optional packages Node itself is for machines that have none. The other one writes Parquet.
RUN npm ci --omit=dev && rm -rf node_modules/node-linux-*

# Nothing is built: Node runs the sources as they are, the same files as in a checkout.
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Owned by the user who runs them, so that a checkout readable only by its owner makes a working image too.
COPY --from=packages --chown=node:node /app/node_modules ./node_modules
COPY --chown=node:node package.json ./
COPY --chown=node:node db ./db
COPY --chown=node:node src ./src
COPY --chown=node:node simulator ./simulator
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
# Liveness only, on whichever port the process listens; its own certificate names another host. An unavailable database is no reason to restart it.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "const { PORT, LISTEN_ADDR = '', HTTPS_CERT_FILE: tls } = process.env; if (tls) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`http${tls ? 's' : ''}://127.0.0.1:${PORT || LISTEN_ADDR.split(':').at(-1) || 8080}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# By default it listens on the container's own loopback address, which is unreachable from
# outside. On another LISTEN_ADDR every request of the API needs a key: see docker-compose.yml.
CMD ["node", "--max-semi-space-size=16", "--max-old-space-size=1024", "--require", "./src/runtime.cjs", "src/main.ts"]
