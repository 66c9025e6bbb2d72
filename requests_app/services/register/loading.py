"""Writing the register from its data files: run again it adds and updates, never undoes what staff changed, never deletes."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from requests_app.models import (
    DataCategory,
    ItemRecipient,
    LoadedFact,
    Processing,
    ProcessingItem,
    Recipient,
    RegisterRow,
    RetentionRule,
    SearchProfile,
    System,
    SystemVersion,
)
from requests_app.services.audit import unit
from requests_app.services.register.tasks import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.services.audit import Actor

_Row = TypeVar("_Row", bound=Model)

DATA = Path(__file__).resolve().parent.parent.parent / "data" / "hem"
_ROW_COLUMNS = {"id", "kind", "name_sv", "seed_section", "seed_quote", "assumption_or_gap"}


@dataclass(slots=True)
class Loaded:
    """What a run did: places added, updated, and left alone because staff had changed, confirmed or removed what stood there."""

    added: int = 0
    updated: int = 0
    kept: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.added or self.updated)


def load(*, actor: Actor, data: Path = DATA) -> Loaded:
    """Bring the register in line with the data files in one transaction, and give every system a way of gathering."""
    with unit(actor) as work:
        loader = _Loader(data)
        loader.run()
        if loader.result.changed:
            work.event(
                "register.loaded",
                rows=RegisterRow.objects.count(),
                systems=System.objects.count(),
                processings=Processing.objects.count(),
            )
        return loader.result


class _Loader:
    """One run. ``_put`` decides for each place by what was loaded there last, what stands there now and what the files say."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.result = Loaded()
        self.written: dict[str, str] = {}
        self.new: list[Model] = []
        self.facts: dict[str, str] = dict(LoadedFact.objects.values_list("place", "digest"))

    def run(self) -> None:
        """Parents before what hangs on them; what hangs on something staff removed is left out."""
        self._rows()
        systems, connectors = self._systems()
        self._versions(systems, connectors)
        self._profiles(systems)
        processings = self._keyed(Processing, "processings")
        categories = self._keyed(DataCategory, "categories")
        rules = self._keyed(RetentionRule, "retention")
        self._items(systems, processings, categories, rules, self._recipients())
        self._remember()

    def _read(self, name: str) -> Any:
        return json.loads((self.data / f"{name}.json").read_text("utf-8"))

    def _rows(self) -> None:
        there = {row.row_id: row for row in RegisterRow.objects.all()}
        gaps = self._read("gaps")
        with (self.data / "register.csv").open(encoding="utf-8", newline="") as lines:
            for position, row in enumerate(csv.DictReader(lines), start=1):
                values = {
                    "kind": row["kind"],
                    "name_sv": row["name_sv"],
                    "section": row["seed_section"],
                    "quote": row["seed_quote"],
                    "data": {
                        **{name: text for name, text in row.items() if text and name not in _ROW_COLUMNS},
                        **{f"gap_{lang}": text for lang, text in gaps.get(row["assumption_or_gap"], {}).items()},
                    },
                    "gap": row["assumption_or_gap"],
                    "position": position,
                }
                self._row(row["id"], there.get(row["id"]), values)
        self._insert(RegisterRow)

    def _row(self, row_id: str, row: RegisterRow | None, values: Mapping[str, Any]) -> None:
        """One row of the guideline. What was decided about it is no part of the files: it stays, but holds only for the same words."""
        decisions = row.data.pop(DECISIONS, None) if row else None
        said = _said(row) if row else None
        held = self._put(RegisterRow, row_id, row, {"row_id": row_id}, values)
        if decisions and held is not None:
            if said != _said(held) and decisions[-1].get("closed"):
                decisions = [*decisions, {"closed": False, "note": "", "by": "", "at": timezone.now().isoformat()}]
            held.data = {**held.data, DECISIONS: decisions}
            held.save(update_fields=["data"])

    def _systems(self) -> tuple[dict[str, System], dict[str, str]]:
        connectors = {entry["key"]: entry["connector"] for entry in self._read("systems")}
        return self._keyed(System, "systems", leave=("connector",), numbered=True), connectors

    def _versions(self, systems: Mapping[str, System], connectors: Mapping[str, str]) -> None:
        """A first version for each system without one; settings are the administrator's to enter."""
        for system in System.objects.filter(versions__isnull=True):
            connector = connectors[system.key] if system.key in systems else "manual"
            SystemVersion.objects.create(system=system, n=1, connector=connector, settings={})

    def _profiles(self, systems: Mapping[str, System]) -> None:
        profiles = self._keyed(SearchProfile, "profiles", leave=("systems",), numbered=True)
        for entry in self._read("profiles"):
            profile = profiles.get(entry["key"])
            wanted = sorted(systems[key].pk for key in entry["systems"] if key in systems)
            if profile is not None:
                self._propose(profile, wanted)

    def _propose(self, profile: SearchProfile, wanted: list[int]) -> None:
        place = f"searchprofile:{profile.key}:systems"
        now = sorted(profile.systems.values_list("pk", flat=True))
        if self._may_write(place, _digest({"systems": now}), _digest({"systems": wanted}), first=not now):
            profile.systems.set(wanted)
            self.written[place] = _digest({"systems": wanted})

    def _recipients(self) -> dict[str, Recipient]:
        return self._keyed(Recipient, "recipients", leave=("transfer_sv", "transfer_en"))

    def _keyed(
        self, model: type[_Row], name: str, *, leave: tuple[str, ...] = (), numbered: bool = False
    ) -> dict[str, _Row]:
        """The rows of a file whose entries are the model's own fields, by key; ``numbered`` keeps the file's order in ``position``."""
        there = {getattr(row, "key"): row for row in model._default_manager.all()}  # noqa: B009 - no common base declares it
        found: dict[str, _Row] = {}
        for position, entry in enumerate(self._read(name), start=1):
            values = {field: value for field, value in entry.items() if field != "key" and field not in leave}
            if numbered:
                values["position"] = position
            row = self._put(model, entry["key"], there.get(entry["key"]), {"key": entry["key"]}, values)
            if row is not None:
                found[entry["key"]] = row
        self._insert(model)
        return found

    def _items(
        self,
        systems: Mapping[str, System],
        processings: Mapping[str, Processing],
        categories: Mapping[str, DataCategory],
        rules: Mapping[str, RetentionRule],
        recipients: Mapping[str, Recipient],
    ) -> None:
        sources = self._read("sources")
        there = {(row.system_id, row.processing_id, row.category_id): row for row in ProcessingItem.objects.all()}
        found: list[tuple[ProcessingItem, str, list[dict[str, Any]]]] = []
        for entry in self._read("items"):
            system, processing = systems.get(entry["system"]), processings.get(entry["processing"])
            rule = rules.get(entry["retention"])
            for category in (categories.get(key) for key in entry["categories"]):
                if system is None or processing is None or rule is None or category is None:
                    continue
                place = f"{system.key}:{processing.key}:{category.key}"
                item = self._put(
                    ProcessingItem,
                    place,
                    there.get((system.pk, processing.pk, category.pk)),
                    {"system_id": system.pk, "processing_id": processing.pk, "category_id": category.pk},
                    {
                        "retention_rule_id": rule.pk,
                        "assumption": entry["assumption"],
                        "rows": sorted({*entry["rows"], *category.rows}),
                        **sources[entry["source"]],
                    },
                )
                if item is not None:
                    found.append((item, place, entry["recipients"]))
        self._insert(ProcessingItem)
        self._links(found, recipients)

    def _links(
        self, items: list[tuple[ProcessingItem, str, list[dict[str, Any]]]], recipients: Mapping[str, Recipient]
    ) -> None:
        transfers = {entry["key"]: entry for entry in self._read("recipients")}
        there = {(row.item_id, row.recipient_id): row for row in ItemRecipient.objects.all()}
        for item, place, entries in items:
            for entry in entries:
                recipient, transfer = recipients.get(entry["recipient"]), transfers[entry["recipient"]]
                if recipient is None:
                    continue
                self._put(
                    ItemRecipient,
                    f"{place}:{recipient.key}",
                    there.get((item.pk, recipient.pk)),
                    {"item_id": item.pk, "recipient_id": recipient.pk},
                    {
                        "assumption": entry["assumption"],
                        "rows": entry["rows"],
                        "transfer_sv": transfer.get("transfer_sv", ""),
                        "transfer_en": transfer.get("transfer_en", ""),
                    },
                )
        self._insert(ItemRecipient)

    def _put(
        self, model: type[_Row], key: str, row: _Row | None, lookup: Mapping[str, Any], values: Mapping[str, Any]
    ) -> _Row | None:
        """Write ``values`` at one place unless staff have been there. Gives the row that stands there; None when staff removed it.

        A new row is in the database after ``_insert``.
        """
        place, wanted = f"{model._meta.model_name}:{key}", _digest(values)
        if row is None:
            if place in self.facts:
                self.result.kept.append(place)
                return None
            row = model(**lookup, **values)
            self.new.append(row)
            self.result.added += 1
            self.written[place] = wanted
            return row
        now = _digest({name: getattr(row, name) for name in values})
        confirmed = getattr(row, "confirmed_at", None) is not None
        if self._may_write(place, now, wanted, confirmed=confirmed):
            for name, value in values.items():
                setattr(row, name, value)
            row.save(update_fields=list(values))
            self.result.updated += 1
            self.written[place] = wanted
        return row

    def _insert(self, model: type[_Row]) -> None:
        """Insert the new rows of one model; they have their ids afterwards."""
        model._default_manager.bulk_create([row for row in self.new if isinstance(row, model)])
        self.new.clear()

    def _may_write(self, place: str, now: str, wanted: str, *, confirmed: bool = False, first: bool = False) -> bool:
        """Whether what stands there is what was loaded last, nobody has vouched for it, and the files say something else now."""
        if now == wanted:
            return False
        if not confirmed and ((first and place not in self.facts) or now == self.facts.get(place)):
            return True
        self.result.kept.append(place)
        return False

    def _remember(self) -> None:
        """Keep what was written where, for the next run."""
        facts = [LoadedFact(place=place, digest=digest) for place, digest in self.written.items()]
        LoadedFact.objects.bulk_create(facts, update_conflicts=True, unique_fields=["place"], update_fields=["digest"])


def _said(row: RegisterRow) -> tuple[str, str, str]:
    return row.name_sv, row.quote, row.gap


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
