"""The log in words: what was gathered, read, hidden and destroyed."""

from __future__ import annotations

from django.utils.translation import gettext as _, ngettext

from requests_app.domain.states import CollectionOutcome
from requests_app.services import words
from requests_app.services.event_facts import Facts, Names, Sentence, in_system
from requests_app.services.numbers import grouped


def _ended(facts: Facts, names: Names) -> str:
    system, outcome = names.system(facts["system"]), facts["outcome"]
    if outcome == CollectionOutcome.FOUND.value or facts["records"]:
        found = ngettext("%(n)s record", "%(n)s records", facts["records"]) % {"n": grouped(facts["records"])}
        return _("%(system)s was searched: %(found)s") % {"system": system, "found": found}
    return _("%(system)s: %(outcome)s") % {"system": system, "outcome": words.collection_outcome(outcome).lower()}


def _faulted(facts: Facts, names: Names) -> str:
    said = words.fault_sentence(facts["fault"], {}, system=names.system(facts["system"]))
    return (
        said + " " + (_("It is tried again by itself.") if facts.get("retry_at") else _("A person has to look at it."))
    )


def _started(facts: Facts, names: Names) -> str:
    return _("Gathering began, round %(round)d: %(systems)s") % {
        "round": facts["round"],
        "systems": ", ".join(names.system(key) for key in facts["systems"]),
    }


def _uploaded(facts: Facts, names: Names) -> str:
    found = ngettext("%(n)s record", "%(n)s records", facts["records"]) % {"n": grouped(facts["records"])}
    return _("Data from %(system)s was uploaded: %(found)s") % {"system": names.system(facts["system"]), "found": found}


def _chosen(facts: Facts, names: Names) -> str:
    return _("%(system)s: %(chosen)d of %(candidates)d found persons were chosen") % {
        "system": names.system(facts["system"]),
        "chosen": facts["chosen"],
        "candidates": facts["candidates"],
    }


def _laid(facts: Facts, names: Names) -> str:
    said = ngettext("%(n)s place was masked in %(system)s", "%(n)s places were masked in %(system)s", facts["count"])
    ground = words.word(words.GROUNDS, facts["ground"])
    return f"{said % {'n': grouped(facts['count']), 'system': names.system(facts['system'])}} · {ground}"


def _destroyed(facts: Facts, names: Names) -> str:
    said = {
        "gathered": _("The gathered data was destroyed (%(rule)s)"),
        "dossier": _("Answers, letters and notes were destroyed (%(rule)s)"),
        "metadata": _("The case was disposed of (%(rule)s)"),
    }[facts["covers"]]
    return said % {"rule": facts["rule"]}


def _unmasked(facts: Facts, names: Names) -> str:
    said = ngettext("%(n)s mask was undone in %(system)s", "%(n)s masks were undone in %(system)s", facts["count"])
    return said % {"n": grouped(facts["count"]), "system": names.system(facts["system"])}


def _standing(facts: Facts, names: Names) -> str:
    said = ngettext(
        "The standing rules were applied: %(n)s place was masked",
        "The standing rules were applied: %(n)s places were masked",
        facts["count"],
    )
    return said % {"n": grouped(facts["count"])}


def _standing_ended(facts: Facts, names: Names) -> str:
    said = ngettext(
        "Legal took a standing rule back: %(n)s place is not masked any more",
        "Legal took a standing rule back: %(n)s places are not masked any more",
        facts["count"],
    ) % {"n": grouped(facts["count"])}
    return f"{said}; {_('the data is to be reviewed again')}" if facts["reopened"] else said


def _confirmed(facts: Facts, names: Names) -> str:
    return _(
        "The review was ended with the word that nothing more is to be hidden (unanswered suggestions: %(suggested)s; "
        "categories not opened: %(unopened)s)"
    ) % {"suggested": grouped(facts["suggested"]), "unopened": grouped(facts["unopened"])}


DATA: dict[str, Sentence] = {
    "collection.started": _started,
    "collection.ended": _ended,
    "collection.faulted": _faulted,
    "collection.retried": in_system(lambda: _("%(system)s is searched again")),
    "collection.uploaded": _uploaded,
    "collection.nothing_reported": in_system(lambda: _("%(system)s: somebody looked and found nothing")),
    "collection.left_out": in_system(lambda: _("%(system)s was left out")),
    "collection.chosen": _chosen,
    "data.viewed": in_system(lambda: _("Gathered data from %(system)s was read (page %(page)s)")),
    "data.previewed": lambda facts, names: _("The preview of the extract was opened"),
    "review.confirmed": _confirmed,
    "mask.laid": _laid,
    "mask.undone": _unmasked,
    "standing.applied": _standing,
    "standing.withdrawn": _standing_ended,
    "retention.destroyed": _destroyed,
    "statement.replaced": lambda facts, names: _("The answer goes out without an unconfirmed statement"),
}
