"""The ``categories`` of a description: what each sort of data is called, and how an item of a system becomes a record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from requests_app.connectors.described.text import Flaw, Flawed
from requests_app.connectors.described.values import Meaning, as_json, by_name
from requests_app.connectors.reading import SWEDEN
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record, content_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from requests_app.connectors.described.text import Document, Path

_PLAIN = Meaning()


def bilingual(label: Any) -> tuple[str, str]:
    """A label of a description in Swedish and English."""
    return (label["sv"], label["en"]) if isinstance(label, dict) else (str(label), str(label))


@dataclass(frozen=True, slots=True)
class Category:
    """One category of a description; ``record`` makes the records of it."""

    spec: CategorySpec
    key: tuple[str, ...] = ()
    when: str = ""
    group: str = ""
    source: str = ""
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    """Where a field's value stands when it has another name in the system."""
    flatten: tuple[str, ...] = ()
    """Fields that hold further fields, which are shown beside the others."""
    leave_out: Mapping[str, str] = field(default_factory=dict)

    def record(self, item: Mapping[str, Any], keys: Keys, *, within: str = "") -> Record:
        """An item as a record. ``keys`` tells equal items apart; ``within`` is what the item hangs on, which its key then begins with."""
        item = self._flat(item)
        fields = self.fields(item)
        own = [as_json(by_name(item, name)) for name in self.key]
        plain = ":".join(map(str, own)) if own and None not in own else ""
        return Record(
            key=keys.take(within, plain, fields),
            category=self.spec.key,
            kind=self.spec.kind,
            occurred_at=self.occurred_at(item),
            fields=fields,
            group=_text(by_name(item, self.group)) if self.group else "",
            source=_text(by_name(item, self.source)) if self.source else "",
        )

    def fields(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a record: those with a place of their own first, then every other as the system names it."""
        found = {name: self._read(name, by_name(item, place)) for name, place in self.places.items()}
        moved = {place for place in self.places.values() if place in item}
        for name, value in item.items():
            if name not in found and name not in moved and name not in self.leave_out:
                found[str(name)] = self._read(str(name), value)
        return found

    def occurred_at(self, item: Mapping[str, Any]) -> datetime | None:
        """When the item is from."""
        if not self.when:
            return None
        place = self.places.get(self.when, self.when)
        return self.meanings.get(self.when, _PLAIN).moment(by_name(item, place))

    def _flat(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        inner = {name: found for name in self.flatten if isinstance(found := item.get(name), dict)}
        if not inner:
            return item
        flat = {name: value for name, value in item.items() if name not in self.flatten or not isinstance(value, dict)}
        for outer, fields in inner.items():
            flat |= {str(name) if name not in flat else f"{outer}.{name}": value for name, value in fields.items()}
        return flat

    def _read(self, name: str, value: Any) -> Any:
        return self.meanings.get(name, _PLAIN).read(value)


class Keys:
    """Keys of one run's records: the system's own, or the content with an ordinal for equal ones.

    A run that is taken up again is given what was counted before (``counted``, kept in its cursor), so that the ordinals go on.
    Past ``MOST`` contents no more are counted: memory stays flat, and equal records further on share a key. A category of so many
    records needs a key of its own.
    """

    MOST: ClassVar[int] = 50_000

    def __init__(self, counted: Mapping[str, int] | None = None, own: Mapping[str, int] | None = None) -> None:
        self._contents: dict[str, int] = dict(counted or {})
        self._own: dict[str, int] = dict(own or {})

    @property
    def counted(self) -> dict[str, int]:
        """How often each content came, by the beginning of its hash: for the cursor."""
        return dict(self._contents)

    @property
    def own(self) -> dict[str, int]:
        """How often each key of the system's own came, for the cursor of a run over something where that may be more than once."""
        return dict(self._own)

    def take(self, within: str, own: str, fields: Mapping[str, Any]) -> str:
        """The next record's key."""
        start = f"{within}:" if within else ""
        if own:
            n = _count(self._own, start + own)
            return start + own if n == 0 else f"{start}{own}#{n + 1}"
        first = content_key(fields)
        n = _count(self._contents, start + first[:16])
        return start + (first if n == 0 else content_key(fields, n))


def _count(seen: dict[str, int], key: str) -> int:
    """How often the key was seen before."""
    n = seen.get(key, 0)
    if n or len(seen) < Keys.MOST:
        seen[key] = n + 1
    return n


def _text(value: Any) -> str:
    return "" if value is None else str(as_json(value))


def categories_of(document: Document, path: Path = ("categories",)) -> dict[str, Category]:
    """The categories of a description that fits its schema. Raises ``Flawed`` for what a schema cannot tell."""
    found = document.value
    for part in path:
        found = found[part]
    flaws: list[Flaw] = []
    categories = {key: _category(document, key, said, (*path, key), flaws) for key, said in found.items()}
    if flaws:
        raise Flawed(*flaws)
    return categories


def specs_of(categories: Iterable[Category]) -> tuple[CategorySpec, ...]:
    """What a connector says of itself."""
    return tuple(category.spec for category in categories)


def _category(document: Document, key: str, said: Mapping[str, Any], path: Path, flaws: list[Flaw]) -> Category:
    specs: dict[str, FieldSpec] = {}
    meanings: dict[str, Meaning] = {}
    places: dict[str, str] = {}
    for name, about in said.get("fields", {}).items():
        more = about if isinstance(about, dict) and "label" in about else {"label": about}
        specs[name] = _field(more)
        meanings[name] = _meaning(document, more, (*path, "fields", name), flaws)
        if "from" in more:
            places[name] = more["from"]
    own = said.get("key", [])
    label_sv, label_en = bilingual(said["label"])
    group = bilingual(said["group_label"]) if "group_label" in said else None
    return Category(
        spec=CategorySpec(key, Kind(said["kind"]), label_sv, label_en, specs, group),
        key=tuple([own] if isinstance(own, str) else own),
        when=said.get("when", ""),
        group=said.get("group", ""),
        source=said.get("source", ""),
        meanings=meanings,
        places=places,
        flatten=tuple(said.get("flatten", ())),
        leave_out=said.get("leave_out", {}),
    )


def _field(said: Mapping[str, Any]) -> FieldSpec:
    sv, en = bilingual(said["label"])
    words = {code: bilingual(word) for code, word in said.get("words", {}).items()}
    return FieldSpec(sv, en, FieldType(said.get("type", "text")), said.get("unit", ""), words)


def _meaning(document: Document, said: Mapping[str, Any], path: Path, flaws: list[Flaw]) -> Meaning:
    zone = SWEDEN
    try:
        zone = ZoneInfo(said["timezone"]) if "timezone" in said else SWEDEN
    except (ZoneInfoNotFoundError, ValueError, OSError):
        flaws.append(document.flaw("no_such_timezone", (*path, "timezone")))
    return Meaning(
        type=FieldType(said.get("type", "text")),
        format=said.get("format", ""),
        zone=zone,
        decimal=said.get("decimal", "."),
        factor=said.get("factor"),
        true=frozenset(str(value).casefold() for value in said.get("true", [])),
        false=frozenset(str(value).casefold() for value in said.get("false", [])),
    )
