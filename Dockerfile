FROM python:3.11-slim-bookworm AS build
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim-bookworm
# Pango and fonts for documents; pg_dump for backups, not older than the server in docker-compose.yml
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-noto-color-emoji postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin hemdsr \
    && install -d -o hemdsr -g hemdsr -m 700 /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HEMDSR_VAR=/data
WORKDIR /app
COPY . .
# collecting static files reads the settings, which want values; none of these is used or kept
RUN python -m compileall -q hemdsr requests_app \
    && python -m babel.messages.frontend --quiet compile -d requests_app/locale -D django \
    && HEMDSR_PRODUCTION=1 HEMDSR_BASE_URL=https://localhost DATABASE_URL=sqlite:// REDIS_URL=redis:// \
       HEMDSR_SECRET_KEY=none HEMDSR_MASTER_KEYS=none HEMDSR_MAC_KEYS=none HEMDSR_AUDIT_KEY=none \
       HEMDSR_EMAIL_URL=smtp://localhost HEMDSR_EMAIL_FROM=none@localhost \
       python manage.py collectstatic --noinput --verbosity 0
USER hemdsr
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "hemdsr.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--log-level", "warning"]
