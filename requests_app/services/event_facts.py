"""What the sentences of the log are made of: facts of an event, names they refer to, days and lists of rights in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, gettext as _

from requests_app.domain.deadline_words import format_day
from requests_app.models import System, User
from requests_app.services import access, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.services.audit import LogEntry

Facts = Mapping[str, Any]


class Names:
    """Names of systems, staff and other cases that events refer to, read once for a whole log and for who reads it."""

    def __init__(self, entries: Iterable[LogEntry], reader: User | None = None) -> None:
        people, systems, numbers = set(), set(), set()
        for entry in entries:
            facts = entry.open
            people |= {facts[key] for key in ("before", "after", "user") if isinstance(facts.get(key), int)}
            systems |= {facts["system"]} if "system" in facts else set()
            numbers |= {facts["other"]} if "other" in facts else set()
            systems |= set(facts.get("systems") or []) if isinstance(facts.get("systems"), list) else set()
        self._people = dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {}
        self._systems = (
            {system.key: str(system) for system in System.objects.filter(key__in=systems)} if systems else {}
        )

        seen = access.cases_visible_to(reader).filter(diary_no__in=numbers) if numbers and reader else None
        self._seen = set(seen.values_list("diary_no", flat=True)) if seen is not None else set()

    def case(self, number: Any) -> str:
        """The diary number of another case, for who may see that one."""
        return str(number) if number in self._seen else _("another case")

    def person(self, pk: Any) -> str:
        """A member of staff; nobody for None."""
        return self._people.get(pk, str(pk)) if pk is not None else _("nobody")

    def system(self, key: Any) -> str:
        """A system."""
        return self._systems.get(key, str(key))


Sentence = Callable[[Facts, Names], str]
"""What happened, in the language that is active."""


def day(value: Any) -> str:
    """A day of an event in words; as it stands when it is none."""
    try:
        return format_day(date.fromisoformat(str(value)), get_language() or "sv")
    except ValueError:
        return str(value)


def rights_in(codes: Iterable[str]) -> str:
    """Rights in a sentence, one after the other."""
    return ", ".join(words.right(code).lower() for code in codes)


def in_sentence(text: str) -> str:
    """With a small first letter; a name further in keeps its capital."""
    return text[:1].lower() + text[1:]


def in_system(sentence: Callable[[], str]) -> Sentence:
    """A sentence that names the system of its event, and may name its other open facts."""

    def said(facts: Facts, names: Names) -> str:
        return sentence() % {**facts, "system": names.system(facts["system"])}

    return said
