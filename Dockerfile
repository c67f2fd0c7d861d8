# One image for migrate, api, worker and beat; docker-compose.yml says which command each runs.

FROM node:24-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --ignore-scripts --no-fund --no-audit
COPY web/ ./
RUN npm run build

FROM python:3.11-slim AS packages
WORKDIR /srv/nagara
COPY requirements-boot.lock requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-boot.lock
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
RUN uv venv --python /usr/local/bin/python /opt/nagara \
 && uv pip sync --python /opt/nagara/bin/python --require-hashes requirements.lock
COPY pyproject.toml README.md ./
COPY city_config/ city_config/
COPY nagara/ nagara/
COPY api/ api/
COPY workers/ workers/
# In place: city files and migrations are read where they lie.
RUN uv pip install --python /opt/nagara/bin/python --no-deps --no-build-isolation -e .

FROM python:3.11-slim
RUN groupadd --system --gid 10001 nagara \
 && useradd --system --uid 10001 --gid nagara --no-create-home --home-dir /var/lib/nagara nagara \
 && install -d -o nagara -g nagara /var/lib/nagara
COPY --from=packages /opt/nagara /opt/nagara
COPY --from=packages /srv/nagara /srv/nagara
COPY --from=web /build/web/dist /srv/nagara/web/dist
ENV PATH=/opt/nagara/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/nagara
USER nagara
EXPOSE 8000
CMD ["nagara", "--help"]
