"""How an answer is spoilt by a fault that changes its body."""

from __future__ import annotations

from typing import Any

from sandbox.wire import Answer

ERROR_PAGE = (
    b"<html><head><title>500 Internal Server Error</title></head><body><h1>Internal Server Error</h1></body></html>"
)


def wrong_types(value: Any) -> Any:
    """The same keys with values of other types; a list at the top becomes a text."""
    if isinstance(value, dict):
        return {key: _other_type(inner) for key, inner in value.items()}
    return _other_type(value)


def _other_type(value: Any) -> Any:
    match value:
        case bool():
            return [value]
        case str():
            return 17
        case int() | float():
            return "sjutton"
        case list():
            return {"unexpected": True}
        case dict():
            return ["unexpected"]
    return None


def wrong_items(value: Any) -> Any:
    """The same value with a number in place of every item of every list."""
    if isinstance(value, dict):
        return {key: wrong_items(inner) for key, inner in value.items()}
    return [17 for _ in value] if isinstance(value, list) else value


def spoilt(answer: Answer, fault: str) -> Answer:
    """The answer as the fault leaves it; faults that are not about the body leave it as it is."""
    match fault:
        case "wrong_types":
            return Answer(answer.status, wrong_types(answer.body), answer.headers)
        case "wrong_items":
            return Answer(answer.status, wrong_items(answer.body), answer.headers)
        case "broken_json":
            content = answer.content()
            return Answer(200, content[: len(content) // 2], answer.headers)
    return answer
