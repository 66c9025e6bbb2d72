"""JMESPath as descriptions use it: the language's own functions, and a few it lacks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jmespath
from jmespath import functions

from requests_app.connectors.reading import moment


class _Functions(functions.Functions):  # type: ignore[misc]
    """``moment(text)``, ``overlap(list, list)`` and ``spread(list, 'field')``."""

    @functions.signature({"types": []})
    def _func_moment(self, value: Any) -> float | None:
        """Seconds since 1970 of a date or time however it is written, to compare two; null when it is none."""
        when = moment(value)
        return when.timestamp() if when else None

    @functions.signature({"types": ["array", "null"]}, {"types": ["array", "null"]})
    def _func_overlap(self, one: list[Any] | None, other: list[Any] | None) -> bool:
        """Whether two lists have something in common."""
        return any(value in (other or ()) for value in one or ())

    @functions.signature({"types": ["array", "null"]}, {"types": ["string"]})
    def _func_spread(self, outer: list[Any] | None, field: str) -> list[dict[str, Any]]:
        """The objects in a field of each object of a list; ``of`` in each is the object it stood in, without that field."""
        return [
            {**inner, "of": {name: value for name, value in one.items() if name != field}}
            for one in outer or ()
            if isinstance(one, dict)
            for inner in one.get(field) or ()
            if isinstance(inner, dict)
        ]


OPTIONS = jmespath.Options(custom_functions=_Functions())


@lru_cache(maxsize=2_000)
def expression(text: str) -> Any:
    """A compiled expression. Raises ``JMESPathError``."""
    return jmespath.compile(text)


def evaluated(text: str, value: Any) -> Any:
    """What an expression finds. Raises ``JMESPathError`` and what a value nobody expected makes of it."""
    return expression(text).search(value, options=OPTIONS)
