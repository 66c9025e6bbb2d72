"""Cases that belong together, and the same request that came twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.channels import Capacity
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, Outcome
from requests_app.models import Case, CaseLink, Processing, Render
from requests_app.portal.progress import authority
from requests_app.services import actions, audit, case_rights, cases, decisions, event_words, intake, letters, links
from requests_app.services.audit import PERSON, Actor
from requests_app.services.case_facts import facts_of
from requests_app.services.intake import Request
from requests_app.services.keys import Vault
from requests_app.services.next_step import next_step
from requests_app.services.people import Contact, Login
from requests_app.services.representation import Acting
from tests.world import PERSONNUMMER, World, identified, open_case

if TYPE_CHECKING:
    from requests_app.models import User

pytestmark = pytest.mark.django_db


def twice(world: World, **later: object) -> tuple[Case, Case]:
    """The same person's request, and the same again two days later."""
    today = timezone.localdate()
    first = open_case(world, personnummer=PERSONNUMMER, received_on=today - timedelta(days=2))
    return first, open_case(world, personnummer=PERSONNUMMER, received_on=today, **later)  # type: ignore[arg-type]


def advertise(world: World) -> None:
    """Let a system do direct marketing."""
    Processing.objects.filter(items__system=world.systems["arkiv"]).update(marketing=True)


def refused(field: str, **asked: object) -> None:
    with pytest.raises(ValidationError) as error:
        links.join(**asked)  # type: ignore[arg-type]
    assert field in error.value.message_dict


def test_it_links_two_cases_once_with_the_later_one_first(world: World) -> None:
    first, second = twice(world)
    karin = Actor.staff(world.karin)
    made = links.link(actor=karin, case=first, other=second.diary_no.lower(), kind="related")
    again = links.link(actor=karin, case=second, other=first.diary_no, kind="duplicate")
    assert again.pk == made.pk
    row = CaseLink.objects.get()
    assert (row.case, row.other, row.kind) == (second, first, "duplicate")
    assert [case for _link, case in links.linked(world.karin, first)] == [second]
    assert [case for _link, case in links.linked(world.karin, second)] == [first]
    links.unlink(actor=karin, case=first, link=row)
    assert links.linked(world.karin, first) == []


def test_it_links_no_case_that_one_may_not_see(world: World) -> None:
    mine, theirs = open_case(world), open_case(world, team="hr")
    with pytest.raises(ValidationError) as error:
        links.link(actor=Actor.staff(world.karin), case=mine, other=theirs.diary_no, kind="related")
    assert "other" in error.value.message_dict


def test_it_joins_a_second_request_to_the_first_and_closes_it_with_a_letter(world: World) -> None:
    first, second = twice(world, rights=["access", "erasure"], details="Gäller min gamla adress.")
    links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.closed_as) == ("closed", "joined")
    assert set(second.rights.values_list("outcome", flat=True)) == {"joined"}
    assert list(first.rights.values_list("right", flat=True)) == ["access", "erasure"]
    assert Render.objects.filter(case=second, kind="joined", superseded=False).exists()
    note = cases.note_text(Vault(first), first.notes.get())
    assert "Gäller min gamla adress." in note
    assert second.diary_no in note
    assert CaseLink.objects.get().kind == "duplicate"


def test_a_note_does_not_name_a_joined_case_that_its_readers_may_not_see(world: World) -> None:
    first, second = twice(world, details="Gäller min gamla adress.")
    cases.protect(actor=Actor.staff(world.karin), case=second, protected=True)
    links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    note = cases.note_text(Vault(first), first.notes.get())
    assert "Gäller min gamla adress." in note
    assert second.diary_no not in note


def test_it_starts_gathering_when_a_joined_right_needs_data(world: World) -> None:
    today = timezone.localdate()
    first = open_case(world, rights=["erasure"], personnummer=PERSONNUMMER, received_on=today - timedelta(days=1))
    identified(world, first)
    assert first.state == "deciding"
    second = open_case(world, personnummer=PERSONNUMMER)
    links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    first.refresh_from_db()
    assert first.state == "gathering"


@pytest.mark.parametrize("has", [["access"], ["objection"]])
def test_an_objection_to_advertising_is_not_lost_with_the_case_that_is_joined(world: World, has: list[str]) -> None:
    advertise(world)
    today = timezone.localdate()
    first = open_case(
        world, rights=has, details="Min läcka.", personnummer=PERSONNUMMER, received_on=today - timedelta(days=1)
    )
    second, karin = open_case(world, rights=["erasure"], personnummer=PERSONNUMMER), Actor.staff(world.karin)
    case_rights.add(actor=karin, case=second, right="objection", said="Sluta.", against_marketing=True)
    links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    assert not actions.against_marketing(second)
    row = first.actions.get()
    assert (row.verb, row.system.key, row.state) == ("stop_marketing", "arkiv", "asked")
    assert Outcome.REFUSED not in decisions.choices_of(first, "objection")


def test_the_log_names_another_case_only_to_who_may_see_it(world: World) -> None:
    first, second = twice(world)
    links.link(actor=Actor.staff(world.karin), case=first, other=second.diary_no, kind="related")
    entries = [entry for entry in audit.log_of(first) if entry.event.kind == "case.linked"]
    (entry,) = entries

    def said(reader: User | None) -> str:
        return event_words.sentence(entry.event, entry.open, event_words.Names(entries, reader))

    assert second.diary_no in said(world.karin)
    Case.objects.filter(pk=second.pk).update(protected=True)
    for reader in (world.karin, world.lena, None):
        assert second.diary_no not in said(reader)
        assert "%(" not in said(reader)


def test_it_joins_nothing_that_would_let_the_person_wait_longer(world: World) -> None:
    today = timezone.localdate()
    first = open_case(world, personnummer=PERSONNUMMER, received_on=today - timedelta(days=30))
    second = open_case(world, personnummer=PERSONNUMMER, received_on=today)
    refused("other", actor=Actor.staff(world.karin), case=first, other=second.diary_no)


def test_it_joins_only_the_same_person_in_an_open_case(world: World) -> None:
    karin = Actor.staff(world.karin)
    first, second = twice(world)
    stranger = open_case(world, name="Bo Ek", received_on=timezone.localdate() - timedelta(days=5))
    refused("other", actor=karin, case=second, other=stranger.diary_no)
    cases.withdraw(actor=karin, case=first)
    refused("other", actor=karin, case=second, other=first.diary_no)


def test_its_letters_can_be_made(world: World) -> None:
    first, second = twice(world)
    links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    cases.withdraw(actor=Actor.staff(world.karin), case=first, said="Ring inte mer.")
    for case, kind in ((second, "joined"), (first, "withdrawn")):
        row, vault = Render.objects.get(case=case, kind=kind, superseded=False), Vault(case)
        facts = vault.unseal("dossier", row.facts_enc, "render", row.pk)
        assert letters.letter_of(case, vault, kind, "", facts).case.diary_no == case.diary_no


def represented(login: str) -> Case:
    """A case that somebody filed for the person, whose authority nobody has looked at."""
    request = Request(
        channel=Channel.PORTAL,
        rights={"consent_withdrawal": ""},
        received_at=timezone.now(),
        name="Anna Andersson",
        identifiers=((IdentifierKind.PERSONNUMMER, PERSONNUMMER, "request"),),
        login=Login("https://login.example.se", login),
        acting=Acting(capacity=Capacity.PROXY, name="Charlie Ek", contact=Contact()),
        team="kund",
    )
    return intake.open_case(actor=PERSON, request=request).case


def test_what_a_representative_asked_is_not_joined_with_the_persons_own_case(world: World) -> None:
    advertise(world)
    own = open_case(world, personnummer=PERSONNUMMER, received_on=timezone.localdate() - timedelta(days=1))
    theirs = represented("charlie")
    assert next_step(theirs, facts_of(theirs)).code == "check_authority"
    assert intake.possible_duplicates(theirs) == intake.possible_duplicates(own) == []
    with pytest.raises(ValidationError) as error:
        links.join(actor=Actor.staff(world.karin), case=theirs, other=own.diary_no)
    assert "other" in error.value.message_dict
    theirs.refresh_from_db()
    assert theirs.closed_at is None


def test_what_one_representative_asked_twice_can_be_joined(world: World) -> None:
    first, second, other = represented("charlie"), represented("charlie"), represented("dora")
    assert intake.possible_duplicates(second) == [first]
    assert intake.possible_duplicates(other) == []
    links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    second.refresh_from_db()
    assert second.closed_as == "joined"
    assert authority(second) == ""
