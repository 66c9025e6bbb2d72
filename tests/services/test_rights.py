"""Every right with every outcome, from registered to closed; and what is particular to each."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.channels import Capacity
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import (
    BY_TASK,
    GROUNDS,
    NEEDS_GROUND,
    Channel,
    IdentityMethod,
    Outcome,
    Right,
    Way,
    outcomes_of,
)
from requests_app.models import Action, Approval, Case, CaseExtension, Event, Render, StoredFile
from requests_app.services import (
    actions,
    cases,
    clock,
    decisions,
    delivery,
    files,
    intake,
    mandates,
    rendering,
    review,
)
from requests_app.services.audit import PERSON, Actor
from requests_app.services.intake import Request
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.next_step import facts_of, next_step
from requests_app.services.people import EMAIL_ISSUER, Contact, Login
from requests_app.services.representation import Acting
from tests.services import rights_world as at
from tests.world import PERSONNUMMER, World, identified, open_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """One whose documents are quickly made, and with a system for nothing but marketing."""
    return at.quick_world(world, monkeypatch)


def karin(world: World) -> Actor:
    return Actor.staff(world.karin)


MATRIX = [(right, outcome) for right in Right for outcome in outcomes_of(right)]


@pytest.mark.parametrize(("right", "outcome"), MATRIX, ids=lambda item: item.value)
def test_each_right_goes_from_registered_to_closed_with_each_outcome(
    world: World, right: Right, outcome: Outcome
) -> None:
    case = at.to_decision(world, right.value, details="Det här gäller min begäran.")
    ground = sorted(GROUNDS[right])[0].value if outcome in NEEDS_GROUND else ""
    at.decide(world, case, right.value, outcome.value, ground=ground)
    at.approve(world.lena, case)
    assert case.rights.get().outcome == outcome.value
    at.report_all(world, case)
    at.render_all()
    at.dispatch(world, case, right.value)
    assert (case.state, case.closed_as) == ("closed", outcome.value)
    refuses = outcome not in {Outcome.GRANTED, Outcome.NOTHING_FOUND}
    assert ("refusal" in at.kinds_sent(case)) == refuses
    if right in BY_TASK and outcome in {Outcome.GRANTED, Outcome.PARTLY_GRANTED}:
        assert right.value in at.kinds_sent(case)


@pytest.mark.parametrize("right", sorted(item.value for item in BY_TASK))
@pytest.mark.parametrize("result", actions.RESULTS)
def test_each_task_can_come_to_each_result_and_the_letter_says_so(world: World, right: str, result: str) -> None:
    case = at.to_decision(world, right, details="Det här gäller min begäran.")
    ground = {"erasure": "17_3_b", "rectification": "16"}.get(right, "") if result in actions.KEPT else ""
    at.decide(world, case, right, "partly_granted" if ground else "granted", ground=ground)
    at.approve(world.lena, case)
    at.report_all(world, case, result)
    at.render_all()
    text = at.letter(case, right, right)
    action = case.actions.first()
    assert action is not None
    assert str(action.system) in text
    if action.result in actions.CHANGED:
        assert next(iter(at.NOTES[action.verb].values())) in text


@pytest.mark.parametrize("right", sorted(item.value for item in BY_TASK))
def test_that_nothing_was_found_is_not_decided_before_anybody_has_looked(world: World, right: str) -> None:
    case = at.to_decision(world, right, details="Det här gäller min begäran.")
    with pytest.raises(ValidationError) as refused:
        at.decide(world, case, right, "nothing_found")
    assert "outcome" in refused.value.message_dict
    assert case.rights.get().outcome == ""


def test_all_seven_rights_in_one_request_are_each_answered(world: World) -> None:
    case = at.to_decision(world, *at.ALL, details="Allt på en gång.")
    for right in at.ALL:
        at.decide(world, case, right, "granted")
    at.approve(world.lena, case)
    assert case.state == "dispatching"
    at.report_all(world, case, "nothing_found")  # erasure waits for the access answer
    at.render_all()
    for right in at.ALL:
        at.dispatch(world, case, right)
    assert (case.state, case.closed_as) == ("closed", "granted")


# --- Marketing -----------------------------------------------------------------------------------------------------------


def test_a_withdrawn_consent_asks_for_a_stop_at_once_before_anybody_knows_who_asked(world: World) -> None:
    case = open_case(world, rights=["consent_withdrawal"])
    assert [(item.verb, item.system.key) for item in case.actions.all()] == [("stop_marketing", "arkiv")]
    step = next_step(case, facts_of(case))
    assert (step.code, step.anchor, step.urgent) == ("report", "tasks", True)
    at.report_all(world, case)
    case.refresh_from_db()
    assert case.state == "registered"
    assert next_step(case, facts_of(case)).code == "confirm_identity"
    identified(world, case)
    at.decide(world, case, "consent_withdrawal", "granted")
    assert case.state == "dispatching"
    at.render_all()
    assert "Nyhetsbrevet" in at.letter(case, "consent_withdrawal", "consent_withdrawal")


def test_a_withdrawn_consent_waits_for_no_gathering_of_another_right(world: World) -> None:
    case = at.to_review(world, "access", "consent_withdrawal")
    assert case.state == "review"
    at.report_all(world, case)
    assert case.actions.get().state == Action.DONE


@pytest.mark.parametrize(
    ("right", "outcome", "said"),
    [
        ("consent_withdrawal", "refused", "7"),
        ("consent_withdrawal", "partly_granted", ""),
        ("objection", "refused", "21"),
    ],
)
def test_a_stop_of_marketing_cannot_be_refused(world: World, right: str, outcome: str, said: str) -> None:
    case = against_marketing(world, right)
    with pytest.raises(ValidationError) as caught:
        at.decide(world, case, right, outcome, ground="21_1")
    assert said in caught.value.message_dict["outcome"][0]


def against_marketing(world: World, right: str = "objection") -> Case:
    request = Request(
        channel=intake.Channel.PHONE,
        rights={right: ""},
        received_at=timezone.now(),
        name="Anna Andersson",
        team="kund",
        against_marketing=right == "objection",
    )
    return identified(world, intake.open_case(actor=karin(world), request=request).case)


def test_an_objection_to_marketing_needs_no_systems_but_its_own_and_says_that_it_stops(world: World) -> None:
    case = against_marketing(world)
    at.decide(world, case, "objection", "granted", reasons="")
    assert [item.verb for item in case.actions.all()] == ["stop_marketing"]
    at.report_all(world, case)
    at.render_all()
    assert "Nyhetsbrevet" in at.letter(case, "objection", "objection")


def test_an_objection_to_something_else_is_weighed(world: World) -> None:
    case = at.to_decision(world, "objection", details="Jag vill inte att ni analyserar min förbrukning.")
    assert not actions.against_marketing(case)
    at.decide(world, case, "objection", "refused", ground="21_1", reasons="Läckor måste kunna hittas.")
    at.render_all()
    assert "Läckor måste kunna hittas." in at.letter(case, "refusal", "objection")


def test_an_objection_must_say_to_what(world: World) -> None:
    with pytest.raises(ValidationError) as caught:
        open_case(world, rights=["objection"])
    assert "details_objection" in caught.value.message_dict


def test_nothing_is_left_to_be_stopped_when_the_case_ends(world: World) -> None:
    case = open_case(world, rights=["consent_withdrawal"])
    cases.withdraw(actor=PERSON, case=case)
    assert not Action.objects.filter(case=case, state=Action.ASKED).exists()


# --- Restriction ---------------------------------------------------------------------------------------------------------


def test_a_restriction_is_carried_out_while_the_rectification_is_still_examined(world: World) -> None:
    case = at.to_decision(world, "rectification", "restriction", details="Adressen är fel.")
    at.decide(world, case, "restriction", "granted", reasons="Du menar att uppgifterna är fel.")
    assert case.state == "deciding"
    assert next_step(case, facts_of(case)).code == "report"
    at.report_all(world, case)
    at.decide(world, case, "rectification", "refused", ground="16", reasons="Uppgiften stämmer.")
    at.render_all()
    text = at.letter(case, "restriction", "restriction")
    assert "Du menar att uppgifterna är fel." in text


def test_the_letter_of_rectification_says_what_was_restricted_meanwhile(world: World) -> None:
    case = at.to_decision(world, "rectification", "restriction", details="Adressen är fel.")
    at.decide(world, case, "restriction", "granted")
    at.report_all(world, case)
    at.decide(world, case, "rectification", "granted")
    at.report_all(world, case)
    at.render_all()
    assert "Adressuppgifter" in at.letter(case, "rectification", "rectification")


def test_a_task_is_not_reported_before_its_decision_is_in_force(world: World) -> None:
    case = at.to_decision(world, "erasure", "rectification")
    at.decide(world, case, "erasure", "granted")  # waits for legal
    action = Action.objects.filter(case=case, verb="erase").first()
    assert action is not None
    with pytest.raises(Conflict):
        actions.report(actor=karin(world), case=case, action=action, result="done", note=at.NOTES["erase"])


def test_the_person_is_warned_before_a_restriction_is_lifted_also_in_a_closed_case(world: World) -> None:
    case = at.to_decision(world, "restriction")
    at.decide(world, case, "restriction", "granted")
    at.report_all(world, case)
    at.render_all()
    at.dispatch(world, case, "restriction")
    assert case.state == "closed"
    tomorrow = timezone.localdate() + timedelta(days=1)
    actions.announce_lifting(
        actor=karin(world),
        case=case,
        system=world.systems["arkiv"],
        from_on=tomorrow,
        reasons="Adressen är kontrollerad.",
    )
    at.render_all()
    assert next_step(case, facts_of(case)).code == "send_lifting"
    text = at.letter(case, "restriction_lifting")
    assert "Adressen är kontrollerad." in text and "Arkivet" in text and "Fakturering" not in text
    delivery.dispatch_notice(
        actor=karin(world), case=case, kind="restriction_lifting", way=Way.VISIT, id_checked="Körkort"
    )
    assert "restriction_lifting" in at.kinds_sent(case)


@pytest.mark.parametrize(("days", "reasons", "field"), [(0, "Klart.", "from_on"), (1, " ", "reasons")])
def test_a_restriction_is_not_lifted_the_same_day_or_without_a_reason(
    world: World, days: int, reasons: str, field: str
) -> None:
    case = at.to_decision(world, "restriction")
    with pytest.raises(ValidationError) as caught:
        actions.announce_lifting(
            actor=karin(world),
            case=case,
            system=world.systems["arkiv"],
            from_on=timezone.localdate() + timedelta(days=days),
            reasons=reasons,
        )
    assert list(caught.value.message_dict) == [field]


def test_what_was_never_restricted_is_not_lifted(world: World) -> None:
    case = at.to_decision(world, "restriction")
    tomorrow = timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError):
        actions.announce_lifting(
            actor=karin(world), case=case, system=world.systems["arkiv"], from_on=tomorrow, reasons="Klart."
        )
    assert not Render.objects.filter(kind="restriction_lifting").exists()


# --- Portability ---------------------------------------------------------------------------------------------------------


def test_the_portable_copy_holds_what_is_not_masked_and_no_pdf(world: World) -> None:
    case = at.to_review(world, "portability")
    at.mask(world, case, "m1")
    review.finish(actor=karin(world), case=case, confirmed=True)
    at.decide(world, case, "portability", "partly_granted", ground="20_4", reasons="Handlar om en annan person.")
    at.approve(world.lena, case)
    at.render_all()
    package = StoredFile.objects.get(case=case, kind="package")
    with files.open_file(Vault(case), package) as opened, zipfile.ZipFile(io.BytesIO(opened.read())) as archive:
        names = archive.namelist()
        everything = "".join(archive.read(name).decode("utf-8-sig") for name in names)
    assert not [name for name in names if name.endswith(".pdf")]
    assert ".pdf" not in everything
    assert "Karl Karlsson" not in everything and "Tack!" in everything
    assert files.name_of(Vault(case), package) == f"{case.diary_no}-dataportabilitet.zip"
    at.dispatch(world, case, "portability")
    assert at.kinds_sent(case) == {"portability", "package", "refusal"}


def test_access_and_portability_have_a_package_each(world: World) -> None:
    case = at.to_decision(world, "access", "portability")
    at.decide(world, case, "access", "granted")
    at.decide(world, case, "portability", "granted")
    at.render_all()
    names = {files.name_of(Vault(case), file) for file in StoredFile.objects.filter(case=case, kind="package")}
    assert names == {f"{case.diary_no}.zip", f"{case.diary_no}-dataportabilitet.zip"}


def test_a_portable_copy_of_nothing_is_a_letter_alone(world: World) -> None:
    case = at.to_decision(world, "portability", records=())
    at.decide(world, case, "portability", "nothing_found")
    at.render_all()
    at.dispatch(world, case, "portability")
    assert at.kinds_sent(case) == {"portability"}


# --- Refusals ------------------------------------------------------------------------------------------------------------


def test_a_refusal_of_an_excessive_request_gives_its_reasons_once(world: World) -> None:
    case = at.to_decision(world, "access")
    said = "Du har bett om samma sak tolv gånger."
    at.decide(world, case, "access", "refused", ground="12_5_excessive", reasons=said)
    at.approve(world.lena, case)
    at.render_all()
    assert at.letter(case, "refusal", "access").count(said) == 1


def test_a_refusal_names_what_had_been_erased_before_it_was_decided_otherwise(world: World) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "granted")
    at.approve(world.lena, case)
    first = Action.objects.filter(case=case).first()
    assert first is not None
    actions.report(actor=karin(world), case=case, action=first, result="done", note=at.NOTES["erase"])
    decisions.decide_again(actor=karin(world), case=case)
    at.decide(world, case, "erasure", "refused", ground="17_1", reasons="Avtalet gäller fortfarande.")
    at.render_all()
    text = at.letter(case, "refusal", "erasure")
    assert "Kontaktuppgifter" in text and str(first.system) in text
    assert not Action.objects.filter(case=case, state=Action.ASKED).exists()


def test_a_partial_refusal_has_an_item_for_each_ground_of_the_masks_and_reveals_nothing(world: World) -> None:
    case = at.to_review(world, "access")
    at.mask(world, case, "m1")
    at.mask(world, case, "m2", ground="dsl_5_1")
    review.finish(actor=karin(world), case=case, confirmed=True)
    at.decide(world, case, "access", "partly_granted", ground="15_4", reasons="Grannens uppgifter.")
    at.approve(world.lena, case)
    at.render_all()
    text = at.letter(case, "refusal", "access")
    assert text.count('data-element="what"') == 2
    assert "Grannens uppgifter." in text
    assert "Karl Karlsson" not in text and "hemligt" not in text


# --- The order of answers and the clock ------------------------------------------------------------------------------------


def test_nothing_is_erased_before_the_same_persons_access_answer_in_another_case_has_left(world: World) -> None:
    open_case(world, rights=["access"], personnummer=PERSONNUMMER)
    case = at.to_decision(world, "erasure", personnummer=PERSONNUMMER)
    at.decide(world, case, "erasure", "granted", systems=[world.systems["arkiv"]])
    action = case.actions.get()
    with pytest.raises(ValidationError):
        actions.report(actor=karin(world), case=case, action=action, result="done", note=at.NOTES["erase"])
    action.refresh_from_db()
    assert action.state == Action.ASKED


def filed_about(login: Login, acting: Acting | None = None) -> Case:
    """A request for access about whoever has the number, filed in the portal."""
    request = Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now(),
        name="Anna Andersson",
        identifiers=((IdentifierKind.PERSONNUMMER, PERSONNUMMER, "request"),),
        login=login,
        acting=acting,
    )
    return intake.open_case(actor=PERSON, request=request).case


def test_what_nobody_has_confirmed_does_not_hold_back_the_persons_own_erasure(world: World) -> None:
    case = at.to_decision(world, "erasure", personnummer=PERSONNUMMER)
    stranger = Acting(capacity=Capacity.PROXY, name="Charlie Ek", contact=Contact())
    represented = filed_about(Login("https://login.example.se", "charlie"), stranger)
    by_mailbox = filed_about(Login(EMAIL_ISSUER, "charlie@example.se"))
    assert actions.access_first(case) is None
    again = filed_about(Login(EMAIL_ISSUER, "charlie@example.se"))
    assert actions.access_first(again) == by_mailbox  # the same mailbox is the same person, whoever that is
    identified(world, again)
    assert actions.access_first(case) == again
    cases.withdraw(actor=karin(world), case=again)
    mandates.answer(actor=karin(world), case=represented, may=True, proof="document", note="Seen")
    assert actions.access_first(case) == represented


def test_the_case_that_erasure_waits_for_is_named_only_to_who_may_see_it(world: World) -> None:
    other = open_case(world, rights=["access"], personnummer=PERSONNUMMER)
    Case.objects.filter(pk=other.pk).update(protected=True)
    case = at.to_decision(world, "erasure", personnummer=PERSONNUMMER)
    at.decide(world, case, "erasure", "granted", systems=[world.systems["arkiv"]])
    with pytest.raises(ValidationError) as reported:
        at.report_all(world, case)
    at.report_all(world, case, "nothing_found")
    at.render_all()
    with pytest.raises(ValidationError) as sent:
        at.dispatch(world, case, "erasure")
    for caught in (reported, sent):
        assert other.diary_no not in caught.value.messages[0]
    Case.objects.filter(pk=other.pk).update(protected=False)
    with pytest.raises(ValidationError, match=other.diary_no):
        at.dispatch(world, case, "erasure")


def test_who_takes_the_request_back_takes_back_what_was_granted_and_not_sent(world: World) -> None:
    case = at.to_decision(world, "rectification", "erasure", details="Allt.")
    at.decide(world, case, "rectification", "granted")
    at.decide(world, case, "erasure", "refused", ground="17_1")
    at.report_all(world, case)
    at.render_all()
    at.dispatch(world, case, "rectification")
    assert case.state == "dispatching"
    cases.withdraw(actor=karin(world), case=case)
    outcomes = dict(case.rights.values_list("right", "outcome"))
    assert outcomes == {"rectification": "granted", "erasure": "withdrawn"}
    made = Render.objects.get(case=case, kind="withdrawn")
    facts = Vault(case).unseal("dossier", made.facts_enc, "render", made.pk)
    assert "erasure" in str(facts) and "rectification" not in str(facts)


@pytest.mark.parametrize("level", ["Körkort 1234", "199001012385", "Pass 12-34", "nr 1 2 3 4"])
def test_no_number_of_an_identity_document_comes_into_the_log(world: World, level: str) -> None:
    case = open_case(world)
    with pytest.raises(ValidationError) as caught:
        cases.confirm_identity(actor=karin(world), case=case, method=IdentityMethod.ID_SHOWN, level=level)
    assert list(caught.value.message_dict) == ["level"]
    assert not Event.objects.filter(kind="identity.confirmed").exists()


def extended(world: World, case: Case) -> None:
    cases.extend(actor=karin(world), case=case, reasons="Många system.")
    at.render_all()


def send_extension(world: World, case: Case) -> None:
    delivery.dispatch_notice(actor=karin(world), case=case, kind="extension", way=Way.VISIT, id_checked="Körkort")
    case.refresh_from_db()


def test_a_notice_of_extension_in_time_moves_the_dates(world: World) -> None:
    case = open_case(world)
    before = case.due_statutory_on
    extended(world, case)
    send_extension(world, case)
    assert case.due_statutory_on > before
    assert clock.extension_holds(case, CaseExtension.objects.get(case=case))


def test_a_notice_of_extension_that_leaves_too_late_moves_nothing_and_stays_a_fact(world: World) -> None:
    case = open_case(world)
    extended(world, case)
    long_ago = timezone.localdate() - timedelta(days=60)
    Case.objects.filter(pk=case.pk).update(received_on=long_ago, due_on=long_ago, due_statutory_on=long_ago)
    case.refresh_from_db()
    send_extension(world, case)
    assert case.due_statutory_on == long_ago
    extension = CaseExtension.objects.get(case=case)
    assert extension.notice_sent_at is not None
    assert not clock.extension_holds(case, extension)
    assert Event.objects.filter(kind="clock.extended").count() == 1
    assert next_step(case, facts_of(case)).code != "send_extension"


def test_a_notice_of_extension_does_not_leave_after_the_case_is_closed(world: World) -> None:
    case = open_case(world)
    extended(world, case)
    before = case.due_statutory_on
    cases.withdraw(actor=PERSON, case=case)
    case.refresh_from_db()
    with pytest.raises(ValidationError):
        send_extension(world, case)
    assert case.due_statutory_on == before
    assert CaseExtension.objects.get(case=case).notice_sent_at is None


def test_a_decision_that_waits_can_be_made_anew_and_only_the_new_one_is_approved(world: World) -> None:
    case = at.to_decision(world, "portability")
    at.decide(world, case, "portability", "refused", ground="12_5_unfounded")
    at.decide(world, case, "portability", "refused", ground="20_1")
    assert case.rights.get().outcome == "refused"
    assert not [item for item in decisions.approvals_for(world.lena) if item.decision.n == 1]
    assert Approval.objects.count() == 1
    assert rendering.newest(case, "refusal", "portability") is not None
