"""What is left to a person: the open tasks, ticked when they are done, or tried again once what was wrong has been put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import TaskState
from requests_app.models import MarketingChoice, MarketingTask
from requests_app.services import queue
from requests_app.services.audit import unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import open_text
from requests_app.services.marketing import filed, tasks
from requests_app.services.moves import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet

    from requests_app.services.audit import Actor


_FAULTS: dict[str, Callable[[], str]] = {
    "auth_refused": lambda: _("%(system)s does not accept our login. Look at the settings of the system."),
    "forbidden": lambda: _("%(system)s does not let us change this. The system administrator must ask for the right."),
    "secret_missing": lambda: _("The key to %(system)s is missing in the settings of the system."),
    "misconfigured": lambda: _("%(system)s is not set up: a setting is missing or wrong."),
    "not_found": lambda: _("%(system)s has nothing at the address that is set in its settings."),
    "unreachable": lambda: _("%(system)s cannot be reached."),
    "timeout": lambda: _("%(system)s did not answer in time."),
    "rate_limited": lambda: _("%(system)s asks us to wait, because it gets too many questions."),
    "server_error": lambda: _("%(system)s has a fault of its own and could not answer."),
    "cut_off": lambda: _("The answer from %(system)s was cut off."),
}


def waiting() -> QuerySet[MarketingTask]:
    """The tasks that need a person, the oldest first."""
    rows = MarketingTask.objects.filter(state=TaskState.FAILED.value)
    return rows.select_related("choice__by", "system").order_by("choice__chosen_at", "pk")


def waiting_choices() -> QuerySet[MarketingChoice]:
    """The choices that need a person in some system, the oldest first; of each choice's tasks only those are fetched."""
    found = MarketingChoice.objects.filter(Exists(waiting().filter(choice=OuterRef("pk")))).select_related("by")
    return found.prefetch_related(Prefetch("tasks", waiting())).order_by("chosen_at", "pk")


def history() -> QuerySet[MarketingTask]:
    """The tasks that are done, the latest first."""
    return (
        MarketingTask.objects.filter(state=TaskState.DONE.value)
        .select_related("choice", "system", "by")
        .order_by("-ended_at", "-pk")
    )


def address_of(choice: MarketingChoice) -> str:
    """The address, in its normal form; empty once the choice is done everywhere. Never to be logged."""
    if choice.email_enc is not None:
        return open_text(choice.email_enc, "marketing", choice.ref, "email")
    if choice.phone_enc is not None:
        return open_text(choice.phone_enc, "marketing", choice.ref, "phone")
    return ""


def note_of(choice: MarketingChoice) -> str:
    """What the member of staff wrote beside it."""
    return open_text(choice.note_enc, "marketing", choice.ref, "note") if choice.note_enc is not None else ""


def automatic(rows: Iterable[MarketingTask]) -> set[int]:
    """The ids of the tasks that trying again can help: a connector can do them. One query, however many there are."""
    failed = [task for task in rows if task.fault != tasks.MANUAL]
    can = tasks.with_stopper({task.system_id for task in failed})
    return {task.pk for task in failed if task.system_id in can}


def fault_of(task: MarketingTask) -> str:
    """What failed, in a sentence; empty where nothing did and the system can only be told by a person."""
    if task.fault == tasks.MANUAL:
        return ""
    said = _FAULTS.get(task.fault, lambda: _("%(system)s answered in a way we do not understand."))
    return said() % {"system": task.system}


def done_by_hand(*, actor: Actor, task: MarketingTask) -> None:
    """Note that a person has done it in the system. Raises ``Conflict`` when it needed nobody any more."""
    user = member_of_staff(actor)
    with unit(actor) as work:
        cases = filed.lock_cases(task.choice)
        choice = tasks.lock_choice(task.choice_id)
        left = MarketingTask.objects.filter(pk=task.pk, state=TaskState.FAILED.value)
        if not left.update(**tasks.ended({"status": "by_hand"}), by=user):
            raise Conflict
        work.event("marketing.done", choice.case, choice=choice.ref, system=task.system.key, status="by_hand")
        filed.settle(work, cases, task.system, user)
        tasks.forget_when_done(choice.pk)


def retry(*, actor: Actor, task: MarketingTask) -> None:
    """Let a worker try again. Raises ``Conflict`` when it needed nobody any more, or no connector can do it."""
    member_of_staff(actor)
    with unit(actor) as work:
        choice = tasks.lock_choice(task.choice_id)
        left = MarketingTask.objects.filter(pk=task.pk, state=TaskState.FAILED.value).exclude(fault=tasks.MANUAL)
        if not automatic([task]) or not left.update(
            state=TaskState.PENDING.value, attempts=0, fault="", token=None, not_before=timezone.now()
        ):
            raise Conflict
        work.event("marketing.retried", choice.case, choice=choice.ref, system=task.system.key)
        queue.marketing([task.pk])
