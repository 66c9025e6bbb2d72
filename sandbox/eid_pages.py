"""The pages of the stand-in of an eID provider: whom to be, and that one has logged out."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sandbox.cast import CAST
from sandbox.notes import NOTES

if TYPE_CHECKING:
    from collections.abc import Mapping

_PAGE = """<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body {{ font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; background: #fff }}
button {{ font: inherit; font-weight: 600; min-height: 44px; padding: .4rem 1rem; margin: .25rem 0; text-align: start }}
ul {{ list-style: none; padding: 0 }} small {{ display: block; color: #4a5058 }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""
WORDS = {
    "sv": ("Påhittad e-legitimation", "Välj vem du vill vara. Alla är påhittade.", "Avbryt", "Du är utloggad"),
    "en": ("Made-up eID", "Choose who you want to be. Everybody is made up.", "Cancel", "You have logged out"),
}


def choose(fields: Mapping[str, str], lang: str) -> bytes:
    """Who to log in as; what the client asked for goes along in the form."""
    title, lead, cancel, _ = WORDS[lang]
    hidden = "".join(f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">' for k, v in fields.items())
    people = "".join(
        f'<li><button name="person" value="{person.slug}">{escape(person.name)}</button>'
        f"<small>{escape(NOTES[person.slug][lang == 'en'])}</small></li>"
        for person in CAST.values()
        if person.personnummer
    )
    body = f'<p>{lead}</p><form method="post">{hidden}<ul>{people}</ul><button name="cancel" value="1">{cancel}</button></form>'
    return _PAGE.format(lang=lang, title=title, body=body).encode()


def logged_out(lang: str) -> bytes:
    """The end of a logout that leads nowhere."""
    return _PAGE.format(lang=lang, title=WORDS[lang][3], body="").encode()


def refused(reason: str) -> bytes:
    """What was asked cannot be done, and it is not safe to send the browser back with it."""
    return _PAGE.format(lang="en", title="Bad request", body=f"<p>{escape(reason)}</p>").encode()
