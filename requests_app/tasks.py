"""What Celery runs: shells of a few lines that call a service. Each may run twice, and tolerates a row that is gone."""

from __future__ import annotations

from celery import shared_task

from requests_app.domain.trace import request_id


@shared_task(ignore_result=True, bind=True)
def collect(self, *pks: int) -> None:  # type: ignore[no-untyped-def]
    """Gather from some systems for one case."""
    from requests_app.services import collection

    request_id.set(self.request.id or "")
    collection.run(*pks)


@shared_task(ignore_result=True, bind=True)
def render(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Make one document."""
    from requests_app.services import rendering

    request_id.set(self.request.id or "")
    rendering.run(pk)


@shared_task(ignore_result=True, bind=True)
def mail(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Send one mail."""
    from requests_app.services import mail_sending

    request_id.set(self.request.id or "")
    mail_sending.run(pk)


@shared_task(ignore_result=True, bind=True)
def marketing(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Let one choice about marketing take effect in one system."""
    from requests_app.services.marketing import running

    request_id.set(self.request.id or "")
    running.run(pk)


@shared_task(ignore_result=True, bind=True)
def change(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Carry out one change in one system, and see that it was done."""
    from requests_app.services import carrying_out

    request_id.set(self.request.id or "")
    carrying_out.run(pk)


@shared_task(ignore_result=True, bind=True)
def standing(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Apply the standing rules to one case."""
    from requests_app.services import standing as rules

    request_id.set(self.request.id or "")
    rules.run(pk)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Send what is due, take up what a dead worker left, finish what is complete."""
    from requests_app.services import sweeper

    sweeper.sweep()


@shared_task(ignore_result=True)
def tell() -> None:
    """Tell the substitutes of what has waited too long, remind owners of systems, and send the morning's digests."""
    from requests_app.services import escalation, notices
    from requests_app.services.owners import reminders

    escalation.escalate()
    reminders.tick()
    notices.queue_digests()


@shared_task(ignore_result=True, bind=True)
def mailbox(self, pk: int) -> None:  # type: ignore[no-untyped-def]
    """Take in what is new in one mailbox."""
    from requests_app.services.mailbox import reading

    request_id.set(self.request.id or "")
    reading.run(pk)


@shared_task(ignore_result=True)
def mailboxes() -> None:
    """Let each mailbox that is due be looked into."""
    from requests_app.services.mailbox import reading

    reading.send_due()


@shared_task(ignore_result=True)
def check_systems() -> None:
    """Let each system's connection be tried that is due."""
    from requests_app.services import queue
    from requests_app.services.register import health

    for pk in health.send_due():
        queue.check(pk)


@shared_task(ignore_result=True)
def check(pk: int) -> None:
    """Try one system's connection, without anybody's data."""
    from requests_app.services.register import health

    health.check(pk)


@shared_task(ignore_result=True)
def bounces() -> None:
    """Take in what came back of our mail."""
    from requests_app.services import bounces as returned

    returned.take_folder()


@shared_task(ignore_result=True)
def clock() -> None:
    """What time alone does, destruction and the month's figures too; sessions that have ended go with their sealed drafts."""
    from django.contrib.sessions.backends.db import SessionStore

    from requests_app.services import (
        api_clients,
        clock as clocks,
        held_files,
        marketing as choices,
        one_time,
        reports,
        retention,
        throttle,
    )
    from requests_app.services.register import health

    clocks.tick()
    health.tick()
    api_clients.sweep()
    held_files.sweep()
    choices.sweep()
    throttle.sweep()
    one_time.sweep()
    retention.tick()
    reports.tell_month()
    SessionStore.clear_expired()


@shared_task(ignore_result=True)
def sweep_files() -> None:
    """Delete sealed files that no row knows."""
    from requests_app.services import files

    files.sweep_orphans()
