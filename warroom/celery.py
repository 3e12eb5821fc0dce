"""Celery carries the tick and keeps nothing: due work lives in the database."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")

app = Celery("warroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=settings.TASK_LIMIT_S,
    task_soft_time_limit=settings.TASK_LIMIT_S * 5 // 6,
    worker_max_memory_per_child=400_000,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "visibility_timeout": 120,
    },
    worker_hijack_root_logger=False,
)
app.autodiscover_tasks(["warroom"])
