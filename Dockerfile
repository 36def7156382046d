# Gridwatch as one container: `gridwatch run` with the services named by URL. See docker-compose.yml.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/gridwatch \
    && /opt/gridwatch/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY . .
RUN /opt/gridwatch/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home gridwatch && install -d -o gridwatch -m 700 /data
COPY --from=build /opt/gridwatch /opt/gridwatch
ENV PATH=/opt/gridwatch/bin:$PATH GRIDWATCH_DATA_DIR=/data
USER gridwatch
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["gridwatch"]
CMD ["run", "--http", "0.0.0.0:8000"]
