"""What stood out in a try of a system, in words: what it means and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, ngettext

from requests_app.services import words
from requests_app.services.record_words import label

if TYPE_CHECKING:
    from requests_app.connectors.base import Shape
    from requests_app.connectors.trying_warnings import Warned

GRAVE = frozenset({"others", "answers_for_nobody", "more_pages", "fault_for_nobody", "unknown_category"})
"""What would make an answer wrong or tell of somebody else."""


@dataclass(frozen=True, slots=True)
class Told:
    """One warning: ``said`` is the sentence, ``names`` what it is about, ``lines`` what can be put into the description."""

    said: str
    grave: bool
    names: tuple[str, ...] = ()
    lines: str = ""


def told(warned: Warned, shape: Shape) -> Told:
    """A warning in the language in use."""
    category = str(warned.params.get("category", ""))
    label_of = {spec.key: label(spec) for spec in shape.categories}
    n = int(warned.params.get("n", 0))
    said = {
        "nothing": _("Nothing was found. Try with somebody whom the system knows, else nothing is shown to work."),
        "others": _(
            "%(category)s holds addresses or identity numbers that you have not entered. If they are the test person's own, enter them "
            "above and try again; else the description lets others' data in."
        ),
        "answers_for_nobody": ngettext(
            "We asked for an address that nobody has, and %(n)d was found. The search does not work: everybody may be found.",
            "We asked for an address that nobody has, and %(n)d were found. The search does not work: everybody may be found.",
            n,
        ),
        "fault_for_nobody": _(
            "We asked for an address that nobody has, and the system answered with a fault. Say in the description what means "
            "that nobody was found. The fault: %(fault_said)s"
        ),
        "more_pages": _(
            "The answer says that there is more, and it was not asked for. Say how the pages are numbered."
        ),
        "full_page": _("An answer had exactly %(n)d items. There may be more on further pages."),
        "unnamed": _("%(category)s has fields without a name. They are shown to the person by the system's own names."),
        "odd_values": _(
            "%(category)s has values of another sort than the description says. They are shown as they come."
        ),
        "no_key": _(
            "%(category)s has nothing that tells its records apart. Say its key if there is one, spelt as in the answer: else a "
            "record that is changed counts as a new one, and its masks do not follow."
        ),
        "no_time": _(
            "%(category)s says no time. If the records have one, say which field it is, spelt as in the answer."
        ),
        "unknown_category": _("Records came of a category that is not described: %(category)s."),
    }[warned.code]
    about = {
        "category": label_of.get(category, category),
        "n": n,
        "fault_said": words.fault_sentence(str(warned.params.get("fault", "")), warned.params),
    }
    lines = (
        "".join(f"      {_quoted(name)}: {{sv: , en: }}\n" for name in warned.names) if warned.code == "unnamed" else ""
    )
    return Told(said % about, warned.code in GRAVE, warned.names, lines)


def _quoted(name: str) -> str:
    """A field's name as it may stand in YAML."""
    return name if name.replace("_", "").isalnum() and not name.isdigit() else f'"{name}"'
