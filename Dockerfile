# Builds the relay, then runs it as an ordinary user. Only /data is written to, so the root file
# system may be read-only:
#   docker build -t headkeeper .
#   docker run -p 7777:7777 -v headkeeper-data:/data headkeeper

FROM node:20-bookworm-slim AS build
# better-sqlite3 is compiled where its release has no binary for this Node.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build \
  && npm prune --omit=dev \
  && rm -rf node_modules/better-sqlite3/deps

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="Headkeeper" \
  org.opencontainers.image.description="A Nostr relay that refuses state transitions a machine does not allow" \
  org.opencontainers.image.licenses="MIT"
# The fastest of the libraries that check signatures.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libsecp256k1-1 \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /data /backups
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json schema.sql LICENSE NOTICE ./
COPY examples examples

ENV NODE_ENV=production \
  HEADKEEPER_LISTEN_HOST=0.0.0.0 \
  HEADKEEPER_DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 7777
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s \
  CMD ["node", "/app/dist/main.js", "health"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["start"]
