"""Names of files in the package that come from names that others gave: safe on every system, and nothing in them that must not leave."""

from __future__ import annotations

import re
import unicodedata

from requests_app.documents.masking import Tally, mask_text

MAX_BYTES = 120
"""Of a name without its ending, in UTF-8; file systems take 255 of the whole."""
_APART = re.compile(r"[\W_]+")


def enclosure_name(system: str, name: str, ending: str, taken: set[str]) -> str:
    """``avtal för Åsa.pdf`` of the system ``arkiv`` -> ``arkiv-avtal-för-Åsa.pdf``; one that is ``taken`` already gets a number.

    ``ending`` is what the content can be (``.pdf``), empty when that is not known: then the file has none. What ``taken`` holds is
    compared as file systems do that see no difference of case; the name given is added to it.
    """
    stem = name[: -len(ending)] if ending and name.lower().endswith(ending) else name
    stem = _safe(f"{system}-{stem}")
    number, found = 1, f"{stem}{ending}"
    while found.casefold() in taken:
        number += 1
        found = f"{stem}-{number}{ending}"
    taken.add(found.casefold())
    return found


def _safe(text: str) -> str:
    """Letters, digits and single dashes. An identity number is cut down also where only the dashes make it one."""
    for _n in range(2):
        text = _APART.sub("-", mask_text(unicodedata.normalize("NFC", text), Tally()))
    return text.strip("-").encode()[:MAX_BYTES].decode("utf-8", "ignore").rstrip("-") or "fil"
