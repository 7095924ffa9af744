# One image for every role: `docker run heimta serve`, or edge, worker and console each alone (compose.yaml).

FROM node:20-bookworm-slim AS browser
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY build.mjs budgets.mjs bundle.mjs console-assets.mjs ./
COPY snippet snippet
COPY widgets widgets
COPY static static
RUN node build.mjs

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
COPY requirements.txt ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
# A fixed number, so that a volume's owner can be set from outside.
RUN useradd --uid 10001 --no-create-home --home-dir /app heimta \
 && install --directory --owner heimta /data
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=browser /build/static static
COPY LICENSE ./
COPY server server
RUN /venv/bin/python -m compileall -q server
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app/server \
    PYTHONUNBUFFERED=1 \
    HEIMTA_HOST=0.0.0.0 \
    HEIMTA_DATA=/data \
    HEIMTA_LOG=json
USER 10001
VOLUME /data
# 8101 edge, 8102 console, 8103 worker's health and figures
EXPOSE 8101 8102 8103
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-m", "heimta.launch.health", "8101"]
ENTRYPOINT ["python", "-m", "heimta"]
CMD ["serve"]
