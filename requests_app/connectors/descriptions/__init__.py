"""Descriptions that come with the product: a start for whoever connects one of these systems."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from requests_app.connectors.described.text import load

_HERE = files("requests_app.connectors.descriptions")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of the shipped descriptions."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in _HERE.iterdir() if path.name.endswith(".yaml")))


@lru_cache(maxsize=1)
def titles() -> tuple[tuple[str, dict[str, str]], ...]:
    """Each shipped description's name and what it is called in Swedish and English."""
    found = []
    for name in names():
        said = load(shipped(name)).value["name"]
        found.append((name, said if isinstance(said, dict) else {"sv": said, "en": said}))
    return tuple(found)


def shipped(name: str) -> str:
    """The text of a shipped description. Raises ``LookupError`` when there is none of that name."""
    if name not in names():
        raise LookupError(name)
    return (_HERE / f"{name}.yaml").read_text("utf-8")
