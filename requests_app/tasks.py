"""What Celery runs: shells of a few lines that call a service. Each may run twice, and tolerates a row that is gone."""

from __future__ import annotations

from celery import shared_task

from requests_app.domain.trace import request_id


@shared_task(ignore_result=True, bind=True)
def collect(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Gather from one system for one case."""
    from requests_app.services import collection

    request_id.set(self.request.id or "")
    collection.run(pk)


@shared_task(ignore_result=True, bind=True)
def render(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Make one document."""
    from requests_app.services import rendering

    request_id.set(self.request.id or "")
    rendering.run(pk)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Send what is due, take up what a dead worker left, finish what is complete."""
    from requests_app.services import sweeper

    sweeper.sweep()


@shared_task(ignore_result=True)
def clock() -> None:
    """What time alone does; sessions that have ended, with the sealed drafts in them, go too."""
    from django.contrib.sessions.backends.db import SessionStore

    from requests_app.services import clock as clocks

    clocks.tick()
    SessionStore.clear_expired()
