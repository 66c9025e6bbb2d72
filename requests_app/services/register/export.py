"""The record of processing as a file: a workbook to work in, or a tagged PDF to show the supervisory authority."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from requests_app.documents.package import safe_cell
from requests_app.documents.processing_record import ActivitySheet, RecordSheet, SheetTable, render_record
from requests_app.models import ItemRecipient, Recipient
from requests_app.services import policy as policies
from requests_app.services.audit import unit
from requests_app.services.register import wording
from requests_app.services.register.reach import reaches
from requests_app.services.register.record import record, standing_of
from requests_app.services.register.tasks import tasks
from requests_app.services.register.words import text_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from requests_app.documents.values import Lang
    from requests_app.services.audit import Actor
    from requests_app.services.register.record import Activity, Record


def export(*, actor: Actor, lang: Lang, ending: str) -> tuple[str, bytes]:
    """The file's name and content; ``ending`` is a key of ``FORMATS``. The language in use must be ``lang``. Logged with its version."""
    made = record(lang)
    data = FORMATS[ending](made)
    with unit(actor) as work:
        work.event("register.exported", format=ending, version=made.version)
    name = "record-of-processing" if lang == "en" else "registerforteckning"
    return f"{name}-{timezone.localdate().isoformat()}-{made.version}.{ending}", data


def lead(made: Record) -> str:
    """What the record is and how much of it nobody has confirmed yet."""
    return _(
        "What personal data we process, why and how (Article 30 of the GDPR). Of %(all)d processing activities %(open)d hold "
        "something that is only assumed; it is marked where it stands."
    ) % {"all": len(made.activities), "open": made.open}


def security_note(made: Record) -> str:
    """What the register can say of security."""
    if made.security:
        return _(
            "The register holds no measures for each activity. What the guideline says of security stands here in its own words."
        )
    return _("Missing: neither the register nor the guideline says anything of security.")


# --- PDF -----------------------------------------------------------------------------------------------------------------------


def _as_pdf(made: Record) -> bytes:
    today = timezone.localdate()
    sheet = RecordSheet(
        lang=made.lang,
        sender=policies.sender(policies.current()[1], made.lang),
        title=_("Record of processing (Article 30)"),
        lead=lead(made),
        made_on=today,
        version=made.version,
        controller=tuple((label, text) for label, text, _missing in wording.controller_facts(made.controller)),
        security_note=security_note(made),
        security=made.security,
        activities=tuple(_sheet_of(activity) for activity in made.activities),
        systems=SheetTable(
            (_("System"), _("How it is reached"), _("Owner"), _("Last gathered"), _("In use")),
            tuple(
                (
                    str(reach.system),
                    "\n".join(part for part in (wording.way(reach.way), wording.connector(reach)) if part),
                    reach.owner or "–",
                    wording.day(reach.succeeded_at) or "–",
                    _("Yes") if reach.system.active else _("No"),
                )
                for reach in reaches()
            ),
            (28, 30, 18, 14, 10),
        ),
    )
    return render_record(sheet, f"{today.isoformat()} · {made.version}").data


def _sheet_of(activity: Activity) -> ActivitySheet:
    return ActivitySheet(
        purpose=activity.purpose,
        facts=tuple(_facts(activity)),
        table=SheetTable(
            (_("System"), _("Categories of data"), _("Source"), _("Kept"), _("Recipients")),
            tuple(
                (
                    wording.system(line),
                    wording.marked(
                        ", ".join(wording.category(*item) for item in line.categories), line.standing.assumed
                    ),
                    line.source,
                    wording.retention(line),
                    "\n".join(wording.receiver(to) for to in line.receivers) or _("None noted"),
                )
                for line in activity.lines
            ),
            (16, 21, 16, 22, 25),
        ),
    )


def _facts(activity: Activity) -> Iterable[tuple[str, str]]:
    yield _("Legal basis"), activity.legal_basis
    yield _("Data subjects"), wording.subjects(activity)
    if not activity.lines:
        yield _("Categories of data"), _("Missing: nothing is noted about what is processed, or in which system.")
    for to, safeguard, assumed in wording.transfers(activity):
        yield _("Transfer outside the EU/EEA"), wording.marked(f"{to}. {safeguard}", assumed)
    yield _("Automated decisions and profiling"), wording.automated(activity)
    yield _("Standing"), wording.standing(activity.standing)


# --- XLSX ----------------------------------------------------------------------------------------------------------------------


def _as_xlsx(made: Record) -> bytes:
    from openpyxl import Workbook  # slow to import, and most processes never write a workbook

    book = Workbook(write_only=True)
    book.properties.title = _("Record of processing (Article 30)")
    book.properties.creator = "hemdsr"
    _write(book, _("Activities"), *_activity_rows(made))
    _write(book, _("Systems"), *_system_rows())
    _write(book, _("Recipients"), *_recipient_rows(made.lang))
    _write(book, _("Assumptions and gaps"), *_task_rows())
    _write(book, _("About"), *_about_rows(made))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _activity_rows(made: Record) -> tuple[Sequence[str], list[Sequence[Any]]]:
    heads = [_("Purpose"), _("Legal basis"), _("Data subjects"), _("System"), _("Categories of data")]
    heads += [
        _("Special categories (Article 9)"),
        _("Source"),
        _("Kept"),
        _("Recipients"),
        _("Transfer outside the EU/EEA"),
    ]
    heads += [_("Automated decisions and profiling"), _("Marketing"), _("The activity"), _("The data"), _("Key")]
    rows: list[Sequence[Any]] = []
    for activity in made.activities:
        about = [activity.purpose, activity.legal_basis, wording.subjects(activity)]
        after = [wording.automated(activity), _("Yes") if activity.marketing else _("No")]
        activity_standing = wording.standing(activity.standing)
        for line in activity.lines:
            told = [to for to in line.receivers if to.transfer]
            held = [
                wording.system(line),
                ", ".join(name for name, _special in line.categories),
                ", ".join(name for name, special in line.categories if special),
                line.source,
                wording.retention(line),
                "\n".join(wording.receiver(to) for to in line.receivers),
                "\n".join(wording.marked(f"{to.name}: {to.transfer}", to.assumed) for to in told),
            ]
            rows.append([*about, *held, *after, activity_standing, wording.standing(line.standing), activity.key])
        if not activity.lines:
            rows.append([*about, *[""] * 7, *after, activity_standing, "", activity.key])
    return heads, rows


def _system_rows() -> tuple[Sequence[str], list[Sequence[Any]]]:
    heads = [
        _("System"),
        _("How it is reached"),
        _("Connector"),
        _("Version of the settings"),
        _("Owner"),
        _("Controller"),
    ]
    heads += [_("In use"), _("Last gathered"), _("Waits since a failure"), _("Last test"), _("Key")]
    return heads, [
        [
            str(reach.system),
            wording.way(reach.way),
            wording.connector(reach),
            reach.version or "",
            reach.owner,
            reach.system.controller,
            _("Yes") if reach.system.active else _("No"),
            _iso(reach.succeeded_at),
            _iso(reach.failed_at),
            wording.tested(reach),
            reach.system.key,
        ]
        for reach in reaches()
    ]


def _recipient_rows(lang: Lang) -> tuple[Sequence[str], list[Sequence[Any]]]:
    heads = [_("Recipient"), _("Role"), _("What for"), _("Country"), _("Transfer outside the EU/EEA"), _("Systems")]
    heads += [_("Standing"), _("Key")]
    systems: dict[int, dict[str, None]] = {}
    transfers: dict[int, dict[str, None]] = {}
    for link in ItemRecipient.objects.select_related("item__system").order_by("item__system__position", "pk"):
        systems.setdefault(link.recipient_id, {})[text_in(link.item.system, "name", lang)] = None
        if told := text_in(link, "transfer", lang):
            transfers.setdefault(link.recipient_id, {})[wording.marked(told, not link.printable)] = None
    return heads, [
        [
            text_in(row, "name", lang),
            str(row.get_role_display()),
            text_in(row, "does", lang),
            row.country,
            "\n".join(transfers.get(row.pk, {})),
            ", ".join(systems.get(row.pk, {})),
            wording.standing(standing_of(row)),
            row.key,
        ]
        for row in Recipient.objects.select_related("confirmed_by").order_by("pk")
    ]


def _task_rows() -> tuple[Sequence[str], list[Sequence[Any]]]:
    heads = [
        _("Kind"),
        _("Key"),
        _("What"),
        _("Assumption or gap"),
        _("Words of the guideline"),
        _("Systems"),
        _("Settled"),
    ]
    heads += [_("By"), _("When"), _("What was decided")]
    return heads, [
        [
            wording.kind(task.kind),
            task.key,
            task.text,
            task.about,
            task.quote,
            ", ".join(str(system) for system in task.systems),
            _("Yes") if task.done else _("No"),
            task.by,
            _iso(task.at),
            task.note,
        ]
        for task in tasks()
    ]


def _about_rows(made: Record) -> tuple[Sequence[str], list[Sequence[Any]]]:
    rows: list[Sequence[Any]] = [[label, text] for label, text, _missing in wording.controller_facts(made.controller)]
    rows += [[_("Made"), timezone.localdate().isoformat()], [_("Version"), made.version], ["", lead(made)]]
    rows += [[_("Security measures"), security_note(made)], *([name, quote] for name, quote in made.security)]
    return [_("About"), ""], rows


def _iso(value: datetime | None) -> str:
    """A day that sorts."""
    return localtime(value).date().isoformat() if value else ""


def _write(book: Any, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A sheet with a bold head that stays in sight; every text is a text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "B2"
    table = [list(heads), *([safe_cell(ILLEGAL_CHARACTERS_RE.sub(" ", str(value))) for value in row] for row in rows)]
    for at in range(len(heads)):
        longest = max((len(line) for row in table for line in row[at].split("\n")), default=0)
        sheet.column_dimensions[chr(ord("A") + at)].width = min(48, max(10, longest + 2))
    wrapped = Alignment(wrap_text=True, vertical="top")
    for number, row in enumerate(table):
        cells = [WriteOnlyCell(sheet, value=text) for text in row]
        for cell in cells:
            cell.alignment = wrapped
            if number == 0:
                cell.font = Font(bold=True)
        sheet.append(cells)


FORMATS: dict[str, Callable[[Record], bytes]] = {"xlsx": _as_xlsx, "pdf": _as_pdf}
"""Ending of the file -> how it is made."""
