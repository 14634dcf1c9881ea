# One image for every process: the web by default, the clusters by another command (see compose.yaml).
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin app

COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

COPY manage.py ./
COPY config config
COPY directory_sync directory_sync
COPY onboarding onboarding
COPY templates templates
COPY static static
RUN python manage.py collectstatic --noinput \
    && rm -rf var \
    && install -d -o app -g app -m 0700 var

USER app
EXPOSE 8000
STOPSIGNAL SIGTERM

# Exec form: the signal reaches the main process. No access log: addresses below /connect/ hold personal tokens.
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--worker-class", "gthread", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
