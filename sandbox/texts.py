"""What people wrote: everyday Swedish, and for one of them everything that breaks careless programs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.people import Person

HOSTILE = (
    "Smörgåsbord på Åsgården: räksmörgås, köttbullar och blåbärspaj. ÅÄÖ åäö éüñ ß ﬁ",
    "Familjen \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 hälsar \U0001f1f8\U0001f1ea \U0001f44d",
    "שלום עולם – والسلام عليكم – 123 אבג",
    "\u202eriktningen är omvänd\u202c och åter rätt",
    "<script>alert('hemdsr')</script><img src=x onerror=alert(1)><h1>Rubrik</h1> &amp; &lt;b&gt;",
    "Styrtecken: \x00 \x07 \x08 \x0b \x1b[31m röd \x1b[0m \x7f \u0085 \ufeff slut",
    "Donaudampfschifffahrts" + "elektrizitätenhauptbetriebswerkbau" * 12,
    '=HYPERLINK("http://example.org/?"&A1;"Klicka här")',
    "+46701740616",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "Rad ett\r\nRad två\tmed tabb\u2028ny rad\u2029nytt stycke",
    "file:///etc/passwd {{ 7*7 }} {% include 'x' %} ${7*7} %s %(namn)s {0}",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031ea\u0306\u0304l\u030bg\u0300o\u0301",
    "\U0001d517\U0001d522\U0001d535\U0001d531 \ud7a3\uac00 漢字かな交じり文 ไทย",
)
"""Values that must come through whole and do no harm; each stands for a fault seen elsewhere."""


@cache
def texts() -> dict[str, Any]:
    """The everyday texts of ``data/texts.json``."""
    result: dict[str, Any] = json.loads(
        Path(__file__).with_name("data").joinpath("texts.json").read_text(encoding="utf-8")
    )
    return result


def filled(text: str, person: Person) -> str:
    """A text with the person's own particulars in its gaps."""
    return text.format(
        first_name=person.first_name,
        street=person.street or "Storgatan 999",
        customer_no=person.customer_no or "vet jag inte",
        email=person.emails[0] if person.emails else "din adress",
        phone=person.phones[0] if person.phones else "ditt nummer",
    )
