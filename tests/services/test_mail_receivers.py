"""The log says whom a mail went to, and a file that is too large reads as larger than the limit."""

from __future__ import annotations

import pytest
from django.utils import translation

from requests_app.models import OutgoingMail
from requests_app.services.attachments import MAX_BYTES
from requests_app.services.event_facts import Names
from requests_app.services.event_words_answer import ANSWER
from requests_app.services.mail_sending import receiver_of
from requests_app.services.numbers import megabytes


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"kind": "ready", "to": "person"}, "A mail was sent to the person"),
        ({"kind": "ready", "to": "representative"}, "A mail was sent to the representative"),
        ({"kind": "owner_task", "to": "owner"}, "A mail was sent to the owner of a system"),
        ({"kind": "owner_task"}, "A mail was sent to the owner of a system"),
        ({"kind": "notice"}, "A mail was sent to a member of staff"),
        ({"kind": "ready"}, "A mail was sent"),
        ({}, "A mail was sent"),
    ],
)
def test_the_log_says_whom_a_mail_went_to(facts: dict[str, str], said: str) -> None:
    with translation.override("en"):
        assert ANSWER["mail.sent"](facts, Names([])) == said


def test_the_kind_of_a_mail_tells_owners_and_staff_from_the_person() -> None:
    kinds = ("owner_reply", "notice", "ready")
    assert [receiver_of(OutgoingMail(kind=kind)) for kind in kinds] == ["owner", "staff", "person"]


def test_a_size_over_the_limit_reads_as_more_than_the_limit() -> None:
    with translation.override("sv"):
        assert [megabytes(MAX_BYTES), megabytes(MAX_BYTES + 1)] == ["25,0", "25,1"]
