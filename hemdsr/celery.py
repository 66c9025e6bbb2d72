"""Celery only carries: what should run is said by rows in the database, so nothing here is worth keeping."""

from __future__ import annotations

import os
import sys

from celery import Celery
from celery.schedules import crontab
from celery.signals import task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hemdsr.settings")

from django.conf import settings
from django.db import close_old_connections

app = Celery("hemdsr")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 600,
        "unacked_restore_throttle": 1,
        "max_connections": 200,
        "socket_connect_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_max_tasks_per_child=200,
    timezone="Europe/Stockholm",
    CELERY_DB_REUSE_MAX=sys.maxsize,  # else each task opens a connection of its own to the database
    task_default_queue="default",
    task_routes={
        "requests_app.tasks.collect": {"queue": "collect"},
        "requests_app.tasks.render": {"queue": "documents"},
    },
    beat_schedule={
        "sweep": {
            "task": "requests_app.tasks.sweep",
            "schedule": settings.SWEEP_SECONDS,
            "options": {"expires": settings.SWEEP_SECONDS},
        },
        "bounces": {"task": "requests_app.tasks.bounces", "schedule": 60, "options": {"expires": 60}},
        "mailboxes": {"task": "requests_app.tasks.mailboxes", "schedule": 20, "options": {"expires": 20}},
        "sweep_files": {
            "task": "requests_app.tasks.sweep_files",
            "schedule": crontab(hour=3, minute=20),
            "options": {"expires": 3600},
        },
        "check_systems": {"task": "requests_app.tasks.check_systems", "schedule": 60, "options": {"expires": 60}},
        "tell": {"task": "requests_app.tasks.tell", "schedule": 300, "options": {"expires": 300}},
        "clock": {"task": "requests_app.tasks.clock", "schedule": 600, "options": {"expires": 600}},
    },
)
app.autodiscover_tasks(["requests_app"])


def _close_old_connections(**_said: object) -> None:
    """A thread keeps its connection from task to task as long as Django would from request to request; a broken one is closed."""
    close_old_connections()


task_prerun.connect(_close_old_connections)
task_postrun.connect(_close_old_connections)
