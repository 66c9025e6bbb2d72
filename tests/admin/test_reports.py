"""Legal's reports in the admin: the numbers, the cases behind them, the files, and who never sees any of it."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from requests_app.models import Event, EventPayload, Team
from requests_app.services.reports import PLANS, shown
from tests.documents.reading import plain
from tests.services.report_world import PERIOD, TODAY, ReportWorld, make_reports

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

DAYS = {"from": PERIOD.first.isoformat(), "to": PERIOD.last.isoformat()}


@pytest.fixture
def made(world: World, monkeypatch: pytest.MonkeyPatch) -> ReportWorld:
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)
    return make_reports(world)


def address(key: str, rest: str = "", **choice: Any) -> str:
    return f"/admin/rapporter/{key}/{rest}?{urlencode({**DAYS, **choice})}"


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("key", list(PLANS))
def test_it_shows_each_figure_with_its_definition_and_no_name(
    made: ReportWorld, browse: Callable[[User], Client], key: str
) -> None:
    page = browse(made.world.lena).get(address(key))
    assert page.status_code == 200
    text = page.content.decode()
    found = page.context["report"]
    for item in found.figures:
        assert shown(item.value, "sv") in text
        assert item.means in text
    for table in found.tables:
        assert all(column.means in text for column in table.columns)
    assert (
        " style=" not in text.split('class="dsr-page"')[1].split("dsr-report-files")[0]
    )  # charts too stand under the CSP


def test_it_leads_from_a_number_to_its_cases(made: ReportWorld, browse: Callable[[User], Client]) -> None:
    lena = browse(made.world.lena)
    overview = lena.get(address("overview")).content.decode()
    url = address("overview", "arenden/", figure="extended")
    assert url.replace("&", "&amp;") in overview
    page = lena.get(url)
    listed = [no.diary_no for no, counts in page.context["page"].object_list if counts]
    assert listed == ["EXT-IN-TIME", "EXT-LATE", "EXT-REFUSED-LATE", "EXT-REFUSED-IN-TIME"]
    assert page.context["rest"] == 44
    cell = lena.get(address("outcomes", "arenden/", table="refusals", row="15_4", column="refused_part"))
    text = cell.content.decode()
    assert "HR-PARTLY" in text
    assert "HEM 2026/77" in text
    assert lena.get(address("outcomes", "arenden/", figure="salary")).status_code == 404
    assert (
        lena.get(address("outcomes", "arenden/", table="refusals", row="x", column="refused_part")).status_code == 404
    )
    assert lena.get(address("outcomes", "arenden/")).status_code == 404
    assert lena.get(address("salaries")).status_code == 404


@pytest.mark.parametrize("name", ["karin", "anders", "sven", "ada", "root"])
def test_it_is_closed_to_everybody_without_the_role(
    made: ReportWorld, browse: Callable[[User], Client], name: str
) -> None:
    stranger = browse(made.world.everyone()[name])
    before = Event.objects.filter(kind="report.viewed").count()
    for path in (
        "/admin/rapporter/",
        address("times"),
        address("times", "arenden/", figure="late"),
        address("times", "fil/csv/"),
        address("times", "fil/pdf/"),
        address("times", "fil/xlsx/"),
    ):
        assert stranger.get(path).status_code == 403, path
    assert Event.objects.filter(kind="report.viewed").count() == before
    assert "/admin/rapporter/" not in stranger.get("/admin/registrera/").content.decode()


def test_it_counts_only_teams_the_person_oversees(made: ReportWorld, browse: Callable[[User], Client]) -> None:
    page = browse(made.world.lena).get(address("times", team="it"))
    assert page.status_code == 422  # not among her teams, so not a choice
    everything = browse(made.world.lena).get(address("times"))
    assert everything.context["report"].figure("received").value.amount == 48
    assert "NOT-OVERSEEN" not in everything.content.decode()
    assert ">IT<" not in everything.content.decode()


def test_it_logs_every_view_and_file_with_report_period_and_format(
    made: ReportWorld, browse: Callable[[User], Client]
) -> None:
    lena = browse(made.world.lena)
    lena.get(address("times"))
    lena.get(address("times", "arenden/", figure="late"))
    body(lena.get(address("times", "fil/csv/")))
    assert lena.get(address("times", "fil/csv/", **{"for": "spridning"})).status_code == 302
    seqs = Event.objects.filter(kind="report.viewed").order_by("seq").values_list("seq", flat=True)
    said = [EventPayload.objects.get(seq=seq).open for seq in seqs]
    period = "2026-01-01/2026-11-20"
    assert said == [
        {"report": "times", "period": period, "format": "page"},
        {"report": "times", "period": period, "format": "cases"},
        {"report": "times", "period": period, "format": "csv"},
    ]


@pytest.mark.parametrize(
    "choice",
    [
        {"to": "2025-01-01"},
        {"from": "x"},
        {"from": "0001-01-01"},
        {"right": "salary"},
        {"handler": "999999"},
        {"team": "'"},
    ],
)
def test_it_says_what_to_correct_in_a_choice_that_cannot_be_used(
    made: ReportWorld, browse: Callable[[User], Client], choice: dict[str, str]
) -> None:
    page = browse(made.world.lena).get(address("overview", **choice))
    assert page.status_code == 422
    assert "dsr-error" in page.content.decode()


def read_csv(data: bytes) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][4:] == ["Tabell", "Rad", "Mått", "Värde", "Enhet", "Del", "n", "Definition"]
    assert all(len(row[-1]) > 25 for row in rows[1:])
    return {(row[4], row[5], row[6]): (row[7], row[9], row[10]) for row in rows[1:]}


def test_its_files_hold_the_numbers_of_the_page(made: ReportWorld, browse: Callable[[User], Client]) -> None:
    lena = browse(made.world.lena)
    assert shown(lena.get(address("times")).context["report"].figure("on_time").value, "sv") == "71,4\u00a0%"

    rows = read_csv(body(lena.get(address("times", "fil/csv/"))))
    assert rows["Nyckeltal", "", "I tid enligt lag"] == ("71,4", "30", "42")
    assert rows["Nyckeltal", "", "Inkomna"][0] == "48"
    assert rows["Nyckeltal", "", "Median, dagar"] == ("18,5", "", "38")
    assert rows["Handläggare för handläggare", "Karin", "Inkomna"][0] == "22"

    response = lena.get(address("times", "fil/xlsx/"))
    assert response["Content-Disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(body(response)))
    key = {row[0]: row[1:4] for row in book["Nyckeltal"].iter_rows(values_only=True) if row and row[0]}
    assert key["I tid enligt lag"] == (pytest.approx(30 / 42), 30, 42)
    assert key["Inkomna"] == (48, None, 48)
    month = {row[0]: row for row in book["Månad för månad"].iter_rows(values_only=True)}
    assert month["feb 2026"][1:3] == (15, 11)
    definitions = [row[2] for row in book["Definitioner"].iter_rows(values_only=True)]
    assert any("förordning 1182/71" in means for means in definitions)

    text = plain(body(lena.get(address("times", "fil/pdf/"))))
    assert "71,4 % (30 av 42)" in text.replace("\u00a0", " ")
    assert "18,5" in text
    assert "Halmstads Energi och Miljö AB" in text
    assert "EXT-LATE" not in text


WHOLE_YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
TO_SHARE = {"for": "spridning", **WHOLE_YEAR}


@pytest.fixture
def whole(made: ReportWorld, monkeypatch: pytest.MonkeyPatch) -> ReportWorld:
    """The year has ended, and Lena oversees every team."""
    monkeypatch.setattr(timezone, "localdate", lambda *_: date(2027, 1, 4))
    for team in Team.objects.all():
        assign_perm("oversee_team", made.world.lena, team)
    return made


def test_what_leaves_legal_hides_small_numbers_and_staff(whole: ReportWorld, browse: Callable[[User], Client]) -> None:
    lena = browse(whole.world.lena)
    page = lena.get(address("times", **WHOLE_YEAR))
    assert "for=spridning" in page.content.decode()
    data = body(lena.get(address("times", "fil/csv/", **TO_SHARE)))
    assert "avrundade till närmaste femtal" in data.decode()
    rows = read_csv(data)
    assert "Karin" not in data.decode()
    assert rows["Nyckeltal", "", "Ogiltiga förlängningar"] == ("dold", "", "")  # two
    received = page.context["report"].figure("received").value.n
    assert received % 5
    assert rows["Nyckeltal", "", "Inkomna"][0] == str(round(received / 5) * 5)
    # HR has two and IT one; with them the third team's: the sum would tell
    assert {rows["Team för team", team, "Inkomna"][0] for team in ("Kund", "HR", "IT")} == {"dold"}
    book = openpyxl.load_workbook(io.BytesIO(body(lena.get(address("times", "fil/xlsx/", **TO_SHARE)))))
    assert "Handläggare för handläggare" not in book.sheetnames
    hr = next(row for row in book["Team för team"].iter_rows(values_only=True) if row[0] == "HR")
    assert hr[1] == "dold"
    text = plain(body(lena.get(address("times", "fil/pdf/", **TO_SHARE))))
    assert "Karin" not in text
    assert "dold" in text


@pytest.mark.parametrize("choice", [{"to": "2026-12-30"}, {"channel": "email"}, {"team": "kund"}, {"right": "access"}])
def test_what_could_be_subtracted_from_another_file_is_not_made(
    whole: ReportWorld, browse: Callable[[User], Client], choice: dict[str, str]
) -> None:
    lena = browse(whole.world.lena)
    before = Event.objects.filter(kind="report.viewed").count()
    refused = lena.get(address("times", "fil/csv/", **{**TO_SHARE, **choice}))
    assert refused.status_code == 302
    assert Event.objects.filter(kind="report.viewed").count() == before
    page = lena.get(refused["Location"])
    assert page.context["why_not_shared"] in page.content.decode()
    assert "for=spridning" not in page.content.decode()


def test_a_name_that_looks_like_a_formula_stays_text(made: ReportWorld, browse: Callable[[User], Client]) -> None:
    made.world.hr.name = '=HYPERLINK("http://example.org")'
    made.world.hr.save()
    lena = browse(made.world.lena)
    assert b"'=HYPERLINK" in body(lena.get(address("times", "fil/csv/")))
    book = openpyxl.load_workbook(io.BytesIO(body(lena.get(address("times", "fil/xlsx/")))))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
