"""A case of any right taken from registration to its answer, without laying out a page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from requests_app.documents import pdf
from requests_app.documents.letters import letter_html
from requests_app.documents.values import RenderedPdf
from requests_app.domain.masks import Place, Scope
from requests_app.domain.records import Kind, Record
from requests_app.domain.rights import GATHERED, Right, Way
from requests_app.models import Action, Case, Mask, Processing, Render
from requests_app.services import actions, decisions, delivery, files, masking, rendering, review
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from tests.world import World, identified, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from requests_app.models import User

NOTES: dict[str, dict[str, str]] = {
    "erase": {"what": "Kontaktuppgifter", "provision": "Artikel 17.3 b", "reasons": "Bokföring", "until": "2033-12-31"},
    "rectify": {"field": "Adress", "old": "Storgatan 1", "new": "Storgatan 2", "reasons": "Stämmer redan"},
    "restrict": {"what": "Adressuppgifter", "reasons": "Uppgiften är riktig"},
    "object": {"what": "Köpmönster", "interest": "Att hitta läckor", "weighing": "Läckor skadar andra"},
    "stop_marketing": {"what": "Nyhetsbrevet", "suppressed": "e-postadressen"},
}


def quick_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let letters be made as text: what they must state is checked all the same."""

    def letter(facts: Any, wording: Any = None) -> RenderedPdf:
        return RenderedPdf(letter_html(facts, wording).encode(), 1)

    monkeypatch.setattr(pdf, "render_letter", letter)
    monkeypatch.setattr(pdf, "render_extract", lambda extract, progress=None: RenderedPdf(b"%PDF-1.7", 1))


def only_marketing(*systems: str) -> None:
    """Let these systems be used for nothing but marketing."""
    Processing.objects.filter(items__system__key__in=systems).update(marketing=True)


def quick_world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with documents that are made as text, and a system that is used for nothing but marketing."""
    quick_documents(monkeypatch)
    only_marketing("arkiv")
    return world


def chat(key: str, text: str) -> Record:
    return replace(record("chatt", Kind.CONVERSATION, group="A1", text=text), key=key)


CHAT = (chat("m1", "Ring Karl Karlsson."), chat("m2", "Hans nummer är hemligt."), chat("m3", "Tack!"))


def to_review(world: World, *rights: str, records: Iterable[Record] = CHAT, **more: Any) -> Case:
    """A case whose systems have been searched."""
    case = identified(world, open_case(world, rights=rights, **more))
    put_records(case, "fakturering", records)
    put_records(case, "arkiv", [])
    return case


def to_decision(world: World, *rights: str, **more: Any) -> Case:
    """A case that is ready to be decided."""
    if set(rights) & {right.value for right in GATHERED}:
        case = to_review(world, *rights, **more)
        review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    else:
        case = identified(world, open_case(world, rights=rights, **more))
    case.refresh_from_db()
    assert case.state == "deciding"
    return case


def mask(world: World, case: Case, key: str, ground: str = "15_4", **more: Any) -> Mask:
    """Karin masks a message."""
    (made,) = masking.lay(
        actor=Actor.staff(world.karin),
        case=case,
        system="fakturering",
        category="chatt",
        places=[Place(Scope.RECORD, key)],
        ground=ground,
        note="Handlar om en annan person",
        **more,
    )
    return made


def decide(world: World, case: Case, right: str, outcome: str, **more: Any) -> None:
    """Karin decides, with a reason where one is needed."""
    given: dict[str, Any] = {"reasons": "Därför att det är så.", **more}
    decisions.decide(actor=Actor.staff(world.karin), case=case, right=right, outcome=outcome, **given)
    case.refresh_from_db()


def approve(user: User, case: Case) -> None:
    """Whoever is asked approves everything that waits."""
    for approval in decisions.approvals_for(user):
        assert approval.decision.case_right.case == case
        decisions.answer_approval(actor=Actor.staff(user), approval=approval, approved=True)
    case.refresh_from_db()


def report_all(world: World, case: Case, result: str = "done") -> None:
    """Karin reports every task."""
    for action in Action.objects.filter(case=case, state=Action.ASKED).select_related("system"):
        done = (
            result if result in actions.results_of(action.verb, actions.outcome_behind(case, action.verb)) else "done"
        )
        note = NOTES[action.verb] if done != "nothing_found" else {}
        actions.report(actor=Actor.staff(world.karin), case=case, action=action, result=done, note=note)


def render_all() -> bool:
    """Make what waits, as the worker would; says whether there was anything."""
    made = False
    while rows := list(Render.objects.filter(state="pending", superseded=False)):
        for row in rows:
            rendering.run(row.pk)
            row.refresh_from_db()
            assert row.state == "done", (row.kind, row.fault)
            made = True
    return made


def dispatch(world: World, case: Case, right: str) -> None:
    """Hand the answer over at a visit."""
    delivery.dispatch(actor=Actor.staff(world.karin), case=case, right=right, way=Way.VISIT, id_checked="Körkort")
    case.refresh_from_db()


def letter(case: Case, kind: str, right: str = "") -> str:
    """What a letter says."""
    row = rendering.newest(case, kind, right)
    assert row is not None and row.pdf is not None
    with files.open_file(Vault(case), row.pdf) as opened:
        return opened.read().decode()


def kinds_sent(case: Case) -> set[str]:
    """The kinds of file that have left."""
    return set(case.deliveries.values_list("file__kind", flat=True))


ALL = tuple(right.value for right in Right)
