# One image for web, worker and tick; runs as an ordinary user.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /src
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WARROOM_VAR=/var/lib/warroom
RUN useradd --system --uid 10001 --home-dir /var/lib/warroom --create-home warroom
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/warroom
COPY manage.py ./
COPY warroom warroom
COPY checklists checklists
COPY rollouts rollouts
COPY templates templates
COPY static static
COPY locale locale
USER warroom
VOLUME /var/lib/warroom
EXPOSE 8000
# /healthz is the web process alone; what it leans on is told by /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/healthz', headers={'Host': os.environ['DJANGO_ALLOWED_HOSTS'].split(',')[0]}); raise SystemExit(c.getresponse().status != 200)"]
CMD ["uvicorn", "warroom.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "3", "--no-access-log", "--no-server-header"]
