"""The wording of the letters: versions of ``LetterTemplate``, never changed, only followed by a next. A case keeps what it used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from requests_app.documents import wordings
from requests_app.documents.letter_samples import samples
from requests_app.documents.letters import MissingElement, letter_html, letter_subject, stated
from requests_app.models import LetterTemplate
from requests_app.services import letter_words, policy
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.documents.letter_values import LetterFacts
    from requests_app.documents.values import Lang
    from requests_app.documents.wordings import Passage, WordingError

LANGUAGES: tuple[Lang, ...] = ("sv", "en")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text that is compared: ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a wording and what it changed, passage by passage."""

    template: LetterTemplate
    changes: tuple[tuple[str, tuple[Part, ...]], ...]


def current(key: str, lang: str) -> LetterTemplate | None:
    """The wording in force for a letter in one language; None for the wording we ship."""
    return LetterTemplate.objects.filter(key=key, lang=lang).order_by("-version").first()


def newest_by_letter() -> dict[tuple[str, str], LetterTemplate]:
    """The wording in force of every letter that has one of its own, by letter and language."""
    rows = LetterTemplate.objects.select_related("by").order_by("key", "lang", "version")
    return {(row.key, row.lang): row for row in rows}


def texts(key: str, lang: Lang) -> dict[str, str]:
    """All passages of a letter as they read now, in the order of the letter. Raises ``KeyError`` on an unknown letter."""
    template = current(key, lang)
    return _whole(key, lang, template.wording if template else {})


def _whole(key: str, lang: Lang, wording: Mapping[str, str]) -> dict[str, str]:
    return {passage.name: wording.get(passage.name, passage.text) for passage in shipped(key, lang)}


def shipped(key: str, lang: Lang) -> tuple[Passage, ...]:
    """The passages of a letter as we ship them. Raises ``KeyError`` on an unknown letter or language."""
    if key not in wordings.KEYS or lang not in LANGUAGES:
        raise KeyError(key)
    return wordings.passages(key, lang)


def change(
    *, actor: Actor, key: str, lang: Lang, wording: Mapping[str, str], seen: int | None = None
) -> LetterTemplate | None:
    """Write a next version. ``wording`` holds passages by name; those left out read as we ship them. Nothing is written when nothing
    changes, and the wording in force is given back (None for the one we ship).

    ``seen`` is the version the change was made from (0 for ours): when another one holds, ``Overtaken`` is raised. Raises
    ``ValidationError`` by passage, in a sentence that names what is at fault; ``KeyError`` on an unknown letter.
    """
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can change the wording of a letter."))
    with unit(actor) as work:
        before = LetterTemplate.objects.select_for_update().filter(key=key, lang=lang).order_by("-version").first()
        version = before.version if before else 0
        if seen is not None and seen != version:
            raise Overtaken
        kept = checked(key, lang, wording)
        if kept == (before.wording if before else {}):
            return before
        try:
            with transaction.atomic():
                made = LetterTemplate.objects.create(
                    key=key, lang=lang, version=version + 1, wording=kept, by=actor.user
                )
        except IntegrityError:  # two first versions at the same moment
            raise Overtaken from None
        work.event("letter.wording_changed", key=key, lang=lang, version=made.version)
        return made


class Overtaken(ValidationError):
    """Somebody else wrote a version meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Somebody else has changed this letter meanwhile. Look at the history below, and save again if yours is right."
            )
        )


def checked(key: str, lang: Lang, wording: Mapping[str, str]) -> dict[str, str]:
    """The passages that differ from what we ship, fit to be used. Raises ``ValidationError`` as ``change`` does."""
    shipped(key, lang)
    try:
        kept = wordings.differing(key, lang, wording)
    except wordings.WordingError as error:
        raise ValidationError(_("The letter has no passage called %(name)s.") % {"name": error.passage}) from None
    faults = wordings.check_texts(key, lang, kept) or wordings.lost_placeholders(key, lang, kept)
    if faults:
        found: dict[str, list[str]] = {}
        for fault in faults:
            found.setdefault(fault.passage, []).append(_sentence(fault))
        raise ValidationError(found)
    for letter in _samples(key, lang):
        try:
            letter_html(letter, kept)
        except MissingElement as error:
            raise ValidationError(
                _("With this wording the letter no longer states what it must (%(element)s).")
                % {"element": error.element}
            ) from None
    return kept


def _sentence(fault: WordingError) -> str:
    name = f"{{{fault.name}}}"
    meaning = str(letter_words.PLACEHOLDERS.get(fault.name, fault.name))
    return {
        "empty": lambda: _("The passage cannot be empty. The letter needs it."),
        "too_long": lambda: _("The passage is longer than %(limit)s characters.") % {"limit": wordings.MAX_TEXT},
        "unknown_placeholder": lambda: (
            _("%(name)s cannot be filled in here. Choose from the list below the passage.") % {"name": name}
        ),
        "brace": lambda: _("The braces { and } can only stand around what is filled in, for example {due_on}."),
        "missing_element": lambda: (
            _("%(name)s must stay in the passage: the letter has to state %(meaning)s.")
            % {"name": name, "meaning": meaning}
        ),
    }[fault.problem]()


def _samples(key: str, lang: Lang) -> tuple[LetterFacts, ...]:
    values = policy.current()[1]
    return samples(key, lang, policy.sender(values, lang), policy.remedies(values, lang))


def variants(key: str, lang: Lang) -> list[str]:
    """What a letter can be about: what its made-up letters differ in, or the heading of the only one."""
    if key in letter_words.VARIANTS:
        return [str(word) for word in letter_words.VARIANTS[key]]
    return [letter_subject(letter) for letter in _samples(key, lang)]


def examples(key: str, lang: Lang) -> dict[str, str]:
    """An example of what each placeholder of a letter is filled in with."""
    found: dict[str, str] = {}
    for letter in _samples(key, lang):
        for name, said in stated(letter_html(letter)).items():
            found.setdefault(name, said[0])
    names = {name for passage in shipped(key, lang) for name in passage.placeholders}
    return {name: found[name] for name in sorted(names)}


def preview_pdf(key: str, lang: Lang, wording: Mapping[str, str], variant: int = 0) -> bytes:
    """The letter to a made-up person in this wording. Raises as ``change`` does, ``PdfUnavailable`` without the layout libraries."""
    from requests_app.documents.pdf import render_letter

    kept = checked(key, lang, wording)
    made = _samples(key, lang)
    return render_letter(made[variant if 0 <= variant < len(made) else 0], kept).data


def history(key: str, lang: Lang) -> list[Version]:
    """All versions of a wording, the newest first, each with what it changed."""
    before = _whole(key, lang, {})
    found = []
    for row in LetterTemplate.objects.filter(key=key, lang=lang).select_related("by").order_by("version"):
        after = _whole(key, lang, row.wording)
        changes = tuple((name, compared(before[name], text)) for name, text in after.items() if text != before[name])
        found.append(Version(row, changes))
        before = after
    return found[::-1]


def compared(before: str, after: str) -> tuple[Part, ...]:
    """Two texts word by word: what stayed, what went and what came."""
    old, new = re.findall(r"\S+\s*", before), re.findall(r"\S+\s*", after)
    parts = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append(Part("same", "".join(old[a:b])))
            continue
        if a < b:
            parts.append(Part("gone", "".join(old[a:b])))
        if c < d:
            parts.append(Part("new", "".join(new[c:d])))
    return tuple(parts)


def used(template: LetterTemplate | None) -> dict[str, str]:
    """The passages a letter is made with: those of the wording that the letter as it is now can still use."""
    return wordings.usable(template.key, _lang(template), template.wording) if template else {}


def set_aside(template: LetterTemplate | None) -> tuple[str, ...]:
    """Passages of a wording that stand as we ship them, because the letter has changed since they were written; as they are called."""
    if template is None:
        return ()
    odd = wordings.outdated(template.key, _lang(template), template.wording)
    return tuple(str(letter_words.PASSAGES.get(name, name)) for name in odd)


def _lang(template: LetterTemplate) -> Lang:
    return "en" if template.lang == "en" else "sv"


def differs(passage: Passage, text: str) -> bool:
    """Whether a text reads otherwise than the passage we ship."""
    return wordings.normalised(text) != passage.text
