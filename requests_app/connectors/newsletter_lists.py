"""Which lists of a newsletter tool are no marketing: notices about power cuts and the like go on for who declines advertising."""

from __future__ import annotations

import re
from dataclasses import dataclass

from requests_app.connectors.base import SettingSpec

OPERATIONAL = SettingSpec(
    "operational_lists",
    "Listor som inte är reklam (listans id, eller ord som något i namnet börjar på; skilj åt med komma)",
    "Lists that are not marketing (a list's id, or the beginning of a word in its name; separated by commas)",
    required=False,
    default="driftinfo, driftmeddelande, driftstörning, avbrott, strömavbrott, elavbrott, outage",
)


@dataclass(frozen=True, slots=True)
class Operational:
    """The lists that are left as they are when marketing stops; every other list is taken for marketing."""

    marks: tuple[str, ...]

    @classmethod
    def written(cls, text: str) -> Operational:
        """As the setting is written."""
        return cls(tuple(mark for part in text.split(",") if (mark := part.strip().casefold())))

    def holds(self, list_id: str, name: str) -> bool:
        """Whether the list is one of them."""
        named = name.casefold()
        return any(mark == list_id.casefold() or re.search(rf"\b{re.escape(mark)}", named) for mark in self.marks)
