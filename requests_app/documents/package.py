"""The package: the PDF, the same data as JSON and as CSV, files as they came, and a text that says what is what, in one ZIP.

Records and files are written piece by piece, so that memory holds one piece and nothing more. The same values give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import asdict
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from django.template.loader import render_to_string

from requests_app.documents.cleaning import cleaned
from requests_app.documents.formatting import label_of, leaves, local_time
from requests_app.documents.masking import Tally, outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from requests_app.documents.values import CategoryData, Extract, Lang, SystemSection
    from requests_app.domain.records import CategorySpec, Record, Value

SCHEMA = "urn:hemdsr:schema:extract:1"
SCHEMA_FILE = Path(__file__).resolve().parents[2] / "static" / "schemas" / "extract-1.json"
BESIDE_FIELDS = ("key", "occurred_at", "group", "source", "marks")
"""The columns of every CSV before those of the category's fields."""

_FORMULA = re.compile("[=+\\-@\t\r\n＝＋－＠]")
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


@cache
def schema() -> bytes:
    """The published JSON Schema of the machine-readable copy."""
    return SCHEMA_FILE.read_bytes()


def write_package(
    target: BinaryIO, extract: Extract, pdf: bytes | None = None, step: Callable[[], None] = lambda: None
) -> None:
    """Write the ZIP for the person: PDF, JSON with its schema, CSV per category, enclosures, and a README. Needs ``case.answered_on``.

    ``target`` need not be seekable; ``step`` is called before each enclosure, which may take seconds. Without a PDF it is the
    portable copy of Art. 20, which is meant for programs alone and has no enclosures.
    """
    answered = extract.case.answered_on
    if answered is None:
        raise ValueError("A package needs the date it is answered.")
    number = _file_name(extract.case.diary_no)
    with zipfile.ZipFile(target, "w") as archive:
        stamp = (max(answered.year, 1980), answered.month, answered.day, 12, 0, 0)

        def write(name: str, chunks: Iterable[bytes]) -> None:
            info = zipfile.ZipInfo(name, stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            with archive.open(info, "w") as file:
                for chunk in chunks:
                    file.write(chunk)

        if pdf is not None:
            write(f"{number}.pdf", iter((pdf,)))
        write(f"{number}.json", json_chunks(extract))
        for name, section, category in _csv_names(extract):
            write(name, csv_chunks(section, category, extract.case.lang))
        for enclosure in extract.enclosures if pdf is not None else ():
            step()
            write(enclosure.path, enclosure.chunks())
        write("schema.json", iter((schema(),)))
        write("README.txt", iter((_readme(extract, number, pdf is not None),)))


def _file_name(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text).strip("-") or "-"


def _csv_names(extract: Extract) -> Iterator[tuple[str, SystemSection, CategoryData]]:
    taken: set[str] = set()
    for section in extract.sections:
        for category in section.categories:
            name = f"csv/{_file_name(section.key)}-{_file_name(category.spec.key)}"
            while name in taken:
                name += "-2"
            taken.add(name)
            yield f"{name}.csv", section, category


def _readme(extract: Extract, number: str, has_pdf: bool) -> bytes:
    context = {
        "controller": extract.sender.name,
        "diary_no": number,
        "has_pdf": has_pdf,
        "enclosed_in": extract.enclosed_in if has_pdf and extract.enclosures else "",
        "withheld": extract.enclosures_withheld if has_pdf else 0,
    }
    text = render_to_string(f"documents/{extract.case.lang}/readme.txt", context)
    return text.replace("\n", "\r\n").encode("utf-8-sig")


# --- JSON --------------------------------------------------------------------------------------------------------------------


def _dump(value: Value) -> bytes:
    """JSON in UTF-8; characters that UTF-8 cannot hold (lone surrogates) are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def json_chunks(extract: Extract) -> Iterator[bytes]:
    """The machine-readable copy as JSON, record by record."""
    case, tally = extract.case, Tally()
    head = {
        "schema": SCHEMA,
        "case": {
            "diary_no": case.diary_no,
            "external_no": case.external_no,
            "received_on": case.received_on.isoformat(),
            "answered_on": case.answered_on.isoformat() if case.answered_on else "",
            "language": case.lang,
            "person_name": cleaned(case.person_name),
        },
        "controller": {"name": extract.sender.name, "org_no": extract.sender.org_no, "email": extract.sender.email},
        "withheld": [asdict(item) for item in cleaned(extract.withheld)],
        "not_searched": [asdict(item) for item in cleaned(extract.not_searched)],
    }
    yield _dump(head)[:-1] + b',"systems":['
    for i, section in enumerate(extract.sections):
        yield (b",\n" if i else b"\n") + _dump(_system(section, extract))[:-1] + b',"categories":['
        for j, category in enumerate(section.categories):
            yield (b",\n" if j else b"\n") + _dump(_category(category.spec, case.lang))[:-1] + b',"records":['
            for k, record in enumerate(outgoing(category, tally)):
                yield (b",\n" if k else b"\n") + _record(record)
            yield b"]}"
        yield b"]}"
    yield b'],"shortened_identity_numbers":' + _dump(tally.shortened) + b"}\n"


def _system(section: SystemSection, extract: Extract) -> dict[str, Value]:
    held = section.count or section.withheld
    facts = [asdict(cleaned(fact)) for fact in extract.processings if held and fact.system_key == section.key]
    for fact in facts:
        del fact["system_key"]
    return {
        "key": section.key,
        "name": section.name,
        "outcome": section.outcome.value,
        "note": cleaned(section.note),
        "searched_at": local_time(section.searched_at).isoformat(timespec="seconds"),
        "searched_by": list(cleaned(section.searched_by)),
        "searched_from": section.searched_from.isoformat() if section.searched_from else None,
        "searched_to": section.searched_to.isoformat() if section.searched_to else None,
        "processings": facts,
    }


def _category(spec: CategorySpec, lang: Lang) -> dict[str, Value]:
    return {
        "key": spec.key,
        "label": spec.label_sv if lang == "sv" else spec.label_en,
        "kind": spec.kind.value,
        "fields": {
            name: {"label": label_of(name, field, lang), "type": field.type.value, "unit": field.unit}
            for name, field in spec.fields.items()
        },
    }


def _beside(record: Record) -> dict[str, Value]:
    when = local_time(record.occurred_at).isoformat() if record.occurred_at else None
    return {
        "key": record.key,
        "occurred_at": when,
        "group": record.group,
        "source": record.source,
        "marks": list(record.marks),
    }


def _record(record: Record) -> bytes:
    """One record. Values that JSON cannot hold (not a number, nested past the encoder's depth) are written as text and paths."""
    try:
        return _dump({**_beside(record), "fields": dict(record.fields)})
    except (ValueError, RecursionError):
        return _dump({**_beside(record), "fields": {name: _flattened(value) for name, value in record.fields.items()}})


def _flattened(value: Value) -> Value:
    if isinstance(value, dict | list):
        return [{"path": " › ".join(path), "value": _finite(item)} for path, item in leaves(value)]
    return _finite(value)


def _finite(value: Value) -> Value:
    return str(value) if isinstance(value, float) and not isfinite(value) else value


# --- CSV ---------------------------------------------------------------------------------------------------------------------


def csv_chunks(section: SystemSection, category: CategoryData, lang: Lang) -> Iterator[bytes]:
    """One category as CSV (RFC 4180, UTF-8 with a byte order mark), row by row; cells never start a formula."""
    spec = category.spec
    names = list(spec.fields)
    known = set(names)
    for record in outgoing(category, Tally()):
        new = [name for name in record.fields if name not in known]
        names += new
        known.update(new)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")

    def flush() -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode("utf-8", "backslashreplace")

    writer.writerow([safe_cell(text) for text in (*BESIDE_FIELDS, *_headings(names, spec, lang))])
    yield b"\xef\xbb\xbf" + flush()
    for record in outgoing(category, Tally()):
        beside = _beside(record)
        beside["marks"] = " ".join(record.marks)
        cells = [*(beside[name] for name in BESIDE_FIELDS), *(record.fields.get(name) for name in names)]
        writer.writerow([safe_cell(cell) for cell in cells])
        yield flush()


def _headings(names: list[str], spec: CategorySpec, lang: Lang) -> list[str]:
    """The fields' labels with their units, made unlike each other."""
    headings: list[str] = []
    for name in names:
        field = spec.fields.get(name)
        label = label_of(name, field, lang) + (f" ({field.unit})" if field and field.unit else "")
        headings.append(label if label not in headings and label not in BESIDE_FIELDS else f"{label} [{name}]")
    return headings


def safe_cell(value: Value) -> str:
    """A value as the text of a CSV cell, with an apostrophe before what a spreadsheet would take for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else _as_json(value)
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return json.dumps(_flattened(value), ensure_ascii=False)
