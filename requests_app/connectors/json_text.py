"""JSON as systems send it, made into values that can be kept, looked through and asked with."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

DEEPEST = 100
"""Lists and objects within each other. What goes through values goes down with them, and Python cannot go down for ever."""
_HALF = re.compile("[\ud800-\udfff]")


def loads(text: str) -> Any:
    """The value of a JSON text; half a sign of UTF-16, which is no text, becomes U+FFFD.

    Raises ``ValueError`` for no JSON, numbers there are not and what is nested deeper than ``DEEPEST``, ``RecursionError`` far below.
    """
    value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    if text.count("[") + text.count("{") > DEEPEST and is_deep(value):
        raise ValueError
    return _whole_signs(value) if "\\ud" in text or "\\uD" in text else value


def _whole_signs(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(_HALF.sub("\ufffd", text)) if _HALF.search(text) else value


def _no_constant(_text: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def is_deep(value: Any) -> bool:
    """Whether lists and objects stand within each other deeper than ``DEEPEST``."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
