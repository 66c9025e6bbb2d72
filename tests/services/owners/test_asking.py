"""Links to the owners of systems: sent once by state, opened once, revoked, renewed to the same address, and silent about the person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.calendar_se import is_working_day
from requests_app.models import Case, Collection, Event, Notice, OutgoingMail, OwnerLink, System
from requests_app.services import cases, gathering, mail_sending, sweeper
from requests_app.services.audit import Actor, log_of
from requests_app.services.moves import Conflict
from requests_app.services.owners import asking, drafts, links
from requests_app.services.owners.links import Status
from tests.services.owners.owner_world import ADDRESS, asked, owned, row_of, send_mails, token_in, waiting_case

if TYPE_CHECKING:
    from datetime import date

    from tests.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var")]


def working_day(days: int) -> date:
    """So many days from now, or the working day before that."""
    day = timezone.localdate() + timedelta(days=days)
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def wrong_codes(link: OwnerLink, times: int) -> None:
    """Somebody who does not know the code."""
    right = links.code_of(link)
    for _ in range(times):
        with pytest.raises(ValidationError):
            asking.open_link(link=link, code="000000" if right != "000000" else "111111")


def test_what_waits_for_a_person_is_asked_for_once_however_often_the_sweep_runs(world: World) -> None:
    owned(world)
    case = waiting_case(world)

    sweeper.sweep()
    sweeper.sweep()

    assert [link.collection.system.key for link in OwnerLink.objects.all()] == ["fakturering"]
    assert Event.objects.filter(kind="owner.asked", case_ref=case.ref).count() == 1
    assert OutgoingMail.objects.filter(kind="owner_task").count() == 1


def test_the_mail_says_case_system_and_day_and_nothing_of_the_person(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    link = asked(case)

    (text,) = send_mails()

    assert text.startswith(f"{ADDRESS}\n")
    assert case.diary_no in text
    assert "Fakturering" in text
    for secret in ("Åsa", "Öberg", "asa@", "19900118", "9811"):
        assert secret not in text
    found = links.find(token_in(text))
    assert found is not None
    assert found.pk == link.pk
    assert links.status_of(found) is Status.FRESH


def test_nothing_that_opens_a_link_is_stored(world: World) -> None:
    owned(world, owner_code=True)
    link = asked(waiting_case(world))
    (text,) = send_mails()
    token, code = token_in(text), links.code_of(link)

    kept = [row for model in (OwnerLink, OutgoingMail) for row in model.objects.values_list()]
    for value in (value for row in kept for value in row):
        held = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        assert token.encode() not in held
        assert code.encode() not in held
        assert ADDRESS.encode() not in held
    assert code not in text
    assert ADDRESS not in str([entry.open for entry in log_of(link.collection.case)])


def test_who_owns_a_system_as_a_member_of_staff_gets_it_at_the_own_address(world: World) -> None:
    System.objects.filter(key="arkiv").update(owner=world.sven)
    asked(waiting_case(world), "arkiv")

    assert send_mails()[0].startswith(f"{world.sven.email}\n")


def test_a_system_without_an_owner_is_the_coordinators(world: World) -> None:
    case = waiting_case(world)

    assert asking.ask_waiting() == 0
    with pytest.raises(ValidationError):
        asking.ask(actor=Actor.staff(world.karin), case=case, row=row_of(case))


def test_of_a_protected_case_nobody_learns_unless_the_coordinator_says_so(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    cases.protect(actor=Actor.staff(world.karin), case=case, protected=True, reason="")

    assert asking.ask_waiting() == 0
    cases.protect(actor=Actor.staff(world.karin), case=case, protected=False, reason="Behövs inte längre.")
    assert asking.ask_waiting() == 0, "that it was protected once is enough"

    asking.ask(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    assert len(send_mails()) == 1


def test_a_link_opens_once_and_a_new_one_goes_to_the_same_address(world: World) -> None:
    owned(world)
    link = asked(waiting_case(world))
    first = token_in(send_mails()[0])
    opened = asking.open_link(link=link)
    assert links.status_of(opened) is Status.USED
    with pytest.raises(Conflict):
        asking.open_link(link=link)

    assert asking.renew(link=opened) == 0
    (text,) = send_mails()

    assert text.startswith(ADDRESS)
    assert links.find(first) is None
    again = links.find(token_in(text))
    assert again is not None
    assert (again.pk, again.expires_at, links.status_of(again)) == (link.pk, link.expires_at, Status.FRESH)


def test_new_links_are_had_three_times_an_hour_at_most(world: World) -> None:
    owned(world)
    link = asked(waiting_case(world))
    asking.open_link(link=link)

    waits = [asking.renew(link=links.by_ref(link.ref)) for _ in range(4)]

    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 3600


def test_sending_anew_revokes_the_earlier_link_and_what_was_queued_for_it_never_leaves(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    old = asked(case)
    System.objects.filter(key="fakturering").update(owner_email="ny@leverantor.example")

    new = asking.ask(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    texts = send_mails()

    assert links.status_of(links.by_ref(old.ref)) is Status.GONE
    assert [text.split("\n")[0] for text in texts] == ["ny@leverantor.example"]
    assert links.find(token_in(texts[0])) == new
    assert OutgoingMail.objects.filter(state="failed", fault="replaced").count() == 1
    assert not Notice.objects.filter(kind="mail_failed").exists()


def test_a_revoked_link_is_gone_with_what_was_written_and_not_sent_again_by_itself(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    link = asked(case)
    drafts.keep_lines(row=row_of(case), lines=[("Kund sedan", "2019")])

    asking.revoke(actor=Actor.staff(world.karin), case=case, row=row_of(case))

    assert links.status_of(links.by_ref(link.ref)) is Status.GONE
    assert drafts.lines_of(row_of(case)) == []
    assert asking.ask_waiting() == 0
    with pytest.raises(Conflict):
        asking.open_link(link=link)
    with pytest.raises(Conflict):
        asking.revoke(actor=Actor.staff(world.karin), case=case, row=row_of(case))


def test_a_link_runs_out_after_the_policys_days_and_never_after_the_cases_last_day(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    link = asked(case)
    assert timezone.localdate(link.expires_at) == working_day(14)

    Case.objects.filter(pk=case.pk).update(due_statutory_on=timezone.localdate() + timedelta(days=5))
    sooner = asking.ask(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    assert timezone.localdate(sooner.expires_at) == working_day(5)

    OwnerLink.objects.filter(pk=sooner.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    late = links.by_ref(sooner.ref)
    assert links.status_of(late) is Status.EXPIRED
    for act in (asking.open_link, asking.renew):
        with pytest.raises(Conflict):
            act(link=late)


def test_a_code_goes_another_way_and_five_wrong_ones_stop_the_link(world: World) -> None:
    owned(world, owner_code=True)
    case = waiting_case(world)
    link = asked(case)
    code = asking.show_code(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    assert len(code) == 6
    assert Event.objects.filter(kind="owner.code_shown").count() == 1

    wrong_codes(link, 4)
    opened = asking.open_link(link=link, code=f"{code[:3]} {code[3:]}")
    assert OwnerLink.objects.get(pk=link.pk).wrong_codes == 0

    asking.renew(link=opened)
    fresh = links.by_ref(link.ref)
    assert links.code_of(fresh) == code, "the code still holds"
    wrong_codes(fresh, 4)
    with pytest.raises(Conflict):
        asking.open_link(link=fresh, code="")
    assert links.status_of(links.by_ref(link.ref)) is Status.GONE
    assert [notice.user for notice in Notice.objects.filter(kind="owner_codes")] == [world.karin]


@pytest.mark.parametrize("how", ["uploaded", "left_out", "withdrawn", "searched_again"])
def test_a_link_ends_with_its_task(world: World, how: str) -> None:
    owned(world)
    case = waiting_case(world)
    link = asked(case)
    karin = Actor.staff(world.karin)
    if how == "uploaded":
        gathering.upload(actor=karin, case=case, row=row_of(case), name="a.csv", data=b"a;b\n1;2\n")
    elif how == "left_out":
        gathering.leave_out(actor=karin, case=case, row=row_of(case), reason="Inte kund.")
    elif how == "withdrawn":
        cases.withdraw(actor=karin, case=case, said="Ångrar mig", said_on=timezone.localdate())
    else:
        gathering.search_system(actor=karin, case=case, system=link.collection.system)

    assert links.status_of(links.by_ref(link.ref)) is Status.GONE
    for act in (asking.open_link, asking.renew):
        with pytest.raises(Conflict):
            act(link=link)


def test_a_system_that_is_searched_again_is_asked_for_again(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    first = asked(case)
    gathering.search_system(actor=Actor.staff(world.karin), case=case, system=first.collection.system)

    second = asked(case)

    assert second.pk != first.pk
    assert second.collection.round == first.collection.round + 1


def test_no_other_secret_finds_anything(world: World) -> None:
    owned(world)
    link = asked(waiting_case(world))
    token = links.token_of(link)

    for guess in (
        "",
        "x",
        token[:-1],
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.lower(),
        "å" * 43,
        link.ref,
    ):
        assert links.find(guess) is None


def test_a_mail_that_a_dead_worker_left_is_sent_with_the_same_link(world: World) -> None:
    owned(world)
    asked(waiting_case(world))
    mail = OutgoingMail.objects.get(kind="owner_task")
    mail_sending.run(mail.pk)
    OutgoingMail.objects.filter(pk=mail.pk).update(state="pending")

    first, second = [token_in(text) for text in [*send_mails()]]

    assert first == second


def test_collections_that_wait_for_something_else_are_not_asked_for(world: World) -> None:
    owned(world)
    case = waiting_case(world)
    Collection.objects.filter(case=case).update(outcome="no_identifier")

    assert asking.ask_waiting() == 0
