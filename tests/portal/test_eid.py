"""Logging in with eID against a provider that is a program of its own: what holds lets in, everything else does not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache

from requests_app.models import Case, Event, EventPayload, Identifier, IdentityCheck, User
from requests_app.portal import eid, session
from sandbox.cast import CAST
from tests.portal.eid_world import Control, Traveller, settings_of
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
ANNA = CAST["anna"]


@pytest.fixture(scope="session")
def provider_url() -> Iterator[str]:
    """The address of a running provider."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.eid", "--port", "0"],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    assert process.wait(timeout=10) == 0


@pytest.fixture
def control(provider_url: str) -> Control:
    """The provider as at its start."""
    made = Control(provider_url)
    made.post("reset")
    cache.clear()
    return made


@pytest.fixture
def anna(
    world: World, control: Control, provider_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Traveller:
    """A customer before an installation with all four kinds of provider."""
    settings.DEMO = False
    settings.EID_PROVIDERS = settings_of(monkeypatch, provider_url)
    return Traveller()


def refusals() -> list[dict[str, str]]:
    """What the log says of logins that were not let in."""
    seqs = Event.objects.filter(kind="login.refused").values("seq")
    return list(EventPayload.objects.filter(seq__in=seqs).order_by("seq").values_list("open", flat=True))


def assert_nobody_is_in(anna: Traveller, words: str) -> None:
    """No login, an explanation and other ways, and nothing about the person in the log."""
    assert anna.path == "/logga-in/" and anna.response.status_code == 200
    assert anna.page.title.startswith("Error:") and words in anna.page.text
    assert any(link.startswith("/logga-in/e-post/?next=") for link in anna.page.links)
    assert not Event.objects.filter(kind="login.succeeded").exists()
    (said,) = refusals()
    assert set(said) == {"provider", "reason"}
    assert not {ANNA.personnummer, ANNA.last_name} & set(str(said).split("'"))
    anna.get("what")
    assert anna.path == "/logga-in/"


@pytest.mark.parametrize(
    ("key", "name", "number", "level"),
    [
        ("signicat", ANNA.name, ANNA.personnummer, "sbid"),
        ("freja", ANNA.name, ANNA.personnummer, "PLUS"),
        ("criipto", ANNA.name, ANNA.personnummer, "sebankid"),
        ("own", ANNA.name, "", "loa2"),
    ],
)
def test_each_kind_of_provider_lets_a_person_in(
    anna: Traveller, provider_url: str, key: str, name: str, number: str, level: str
) -> None:
    anna.log_in_with(key)
    assert anna.path == "/" and f"You are logged in as {name}." in anna.page.text
    store = SessionStore(Session.objects.get().session_key)
    login = session._open(store["portal_login"], "portal-login")
    assert login["visitor"] == {
        "issuer": f"{provider_url}/{key}",
        "subject": login["visitor"]["subject"],
        "name": name,
        "personnummer": number,
        "level": level,
    }
    assert len(login["visitor"]["subject"]) == 32


def test_no_user_and_no_account_is_made(anna: Traveller) -> None:
    users = User.objects.count()
    anna.log_in_with()
    assert User.objects.count() == users
    for model in (SocialAccount, SocialApp, SocialToken, EmailAddress):
        assert not model.objects.exists()


def test_the_session_and_the_log_hold_nothing_readable(anna: Traveller) -> None:
    anna.log_in_with()
    known = str(SessionStore(Session.objects.get().session_key).load())
    for secret in (str(ANNA.personnummer), ANNA.last_name, "eyJ"):
        assert secret not in known
    assert "socialaccount_states" not in known or "{}" in known.partition("socialaccount_states")[2][:8]
    assert ANNA.last_name not in str(list(EventPayload.objects.values_list("open", flat=True)))


def test_what_is_asked_of_the_provider_is_bound_to_this_browser(anna: Traveller) -> None:
    asked = {name: found[0] for name, found in parse_qs(urlsplit(anna.leave("criipto")).query).items()}
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43 and len(asked["nonce"]) > 40 and len(asked["state"]) >= 16
    assert asked["acr_values"] == "urn:grn:authn:se:bankid" and asked["ui_locales"] == "en"
    assert asked["redirect_uri"] == "http://testserver/logga-in/criipto/tillbaka/"
    again = {name: found[0] for name, found in parse_qs(urlsplit(anna.leave("criipto")).query).items()}
    assert all(asked[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_what_the_address_says_cannot_change_what_is_asked(anna: Traveller) -> None:
    response = anna.client.get(
        "/logga-in/signicat/?scope=everything&auth_params=prompt%3Dnone&process=connect&action=x"
    )
    asked = parse_qs(urlsplit(response["Location"]).query)
    assert set(asked["scope"][0].split()) == {"openid", "profile", "nin"} and "prompt" not in asked


@pytest.mark.parametrize(
    ("fault", "key", "reason"),
    [
        ("expired", "signicat", "expired"),
        ("stale", "signicat", "expired"),
        ("not_yet", "signicat", "not_yet"),
        ("wrong_audience", "signicat", "audience"),
        ("extra_audience", "signicat", "audience"),
        ("wrong_azp", "signicat", "audience"),
        ("wrong_issuer", "signicat", "issuer"),
        ("wrong_iss", "signicat", "issuer"),
        ("wrong_at_hash", "signicat", "at_hash"),
        ("replayed_nonce", "signicat", "nonce"),
        ("no_nonce", "signicat", "missing"),
        ("no_subject", "signicat", "missing"),
        ("no_expiry", "signicat", "missing"),
        ("odd_types", "signicat", "subject"),
        ("no_number", "signicat", "number"),
        ("no_number", "criipto", "number"),
        ("foreign_number", "signicat", "number"),
        ("alg_none", "signicat", "algorithm"),
        ("alg_hs256", "signicat", "algorithm"),
        ("unknown_kid", "signicat", "key"),
        ("wrong_signature", "signicat", "signature"),
        ("not_a_token", "signicat", "malformed"),
        ("no_token", "signicat", "KeyError"),
        ("other_subject", "own", "userinfo"),
        ("server_error", "signicat", "provider"),
    ],
)
def test_what_cannot_be_trusted_lets_nobody_in(
    anna: Traveller, control: Control, fault: str, key: str, reason: str
) -> None:
    control.fault(fault)
    anna.log_in_with(key)
    assert_nobody_is_in(anna, "the answer from the login service could not be used")
    assert refusals() == [{"provider": key, "reason": reason}]


def test_a_level_that_is_too_low_is_told_as_such(anna: Traveller, control: Control) -> None:
    control.fault("low_level")
    anna.log_in_with("freja")
    assert_nobody_is_in(anna, "does not show surely enough who you are")


@pytest.mark.parametrize("form", [{"cancel": "1"}, {}])
def test_who_cancels_is_told_so(anna: Traveller, control: Control, form: dict[str, str]) -> None:
    if not form:
        control.fault("access_denied")
    anna.log_in_with(then="/begaran/ny/", **form)
    assert any(link.endswith("?next=%2Fbegaran%2Fny%2F") for link in anna.page.links)
    assert_nobody_is_in(anna, "You did not finish the login.")


def test_a_state_that_is_not_this_browsers_lets_nobody_in(anna: Traveller, control: Control) -> None:
    control.fault("wrong_state")
    anna.log_in_with()
    assert_nobody_is_in(anna, "took too long, or the page had been opened before")


def test_a_way_back_works_once(anna: Traveller) -> None:
    back = anna.pick(anna.leave())
    anna.come_back(back)
    anna.press("/logga-ut/")
    anna.come_back(back)
    assert anna.path == "/logga-in/" and "opened before" in anna.page.text
    assert Event.objects.filter(kind="login.succeeded").count() == 1


def test_a_way_back_works_in_no_other_browser(anna: Traveller) -> None:
    back = anna.pick(anna.leave())
    thief = Traveller()
    thief.leave()
    thief.come_back(back)
    assert_nobody_is_in(thief, "took too long")


def test_a_way_back_works_at_no_other_provider(anna: Traveller) -> None:
    back = anna.pick(anna.leave("signicat"))
    anna.come_back(back.replace("/signicat/", "/freja/"))
    assert_nobody_is_in(anna, "took too long")


def test_a_code_that_was_used_before_lets_nobody_in(anna: Traveller) -> None:
    first = parse_qs(urlsplit(anna.pick(anna.leave())).query)["code"][0]
    other = Traveller()
    second = other.pick(other.leave())
    used = parse_qs(urlsplit(second).query)["code"][0]
    anna.come_back(second.replace(used, first))  # somebody else's code under one's own state is refused too
    assert anna.path == "/logga-in/"
    other.come_back(second.replace(used, first))
    assert_nobody_is_in_at_all(other)


def assert_nobody_is_in_at_all(anna: Traveller) -> None:
    """No login, however often it was tried."""
    assert anna.path == "/logga-in/" and not Event.objects.filter(kind="login.succeeded").exists()


def test_a_way_back_is_good_for_ten_minutes(anna: Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    back = anna.pick(anna.leave())
    store = SessionStore(Session.objects.get().session_key)
    states = store["socialaccount_states"]
    store["socialaccount_states"] = {key: (state, at - 601, who) for key, (state, at, who) in states.items()}
    store.save()
    anna.come_back(back)
    assert_nobody_is_in(anna, "took too long")


@pytest.mark.parametrize(
    "fault", ["down@openid-configuration", "html@openid-configuration", "redirect@openid-configuration"]
)
def test_a_provider_that_is_down_is_told_before_anybody_leaves(anna: Traveller, control: Control, fault: str) -> None:
    control.fault(fault)
    anna.get("/logga-in/signicat/", query="?next=/begaran/ny/")
    assert anna.path == "/logga-in/" and "does not answer right now" in anna.page.text
    assert any("next=%2Fbegaran%2Fny%2F" in link for link in anna.page.links)
    assert [said["provider"] for said in refusals()] == ["signicat"]


@pytest.mark.parametrize("fault", ["down@jwks", "html@jwks", "redirect@token", "html@token"])
def test_a_provider_that_fails_on_the_way_back_lets_nobody_in(anna: Traveller, control: Control, fault: str) -> None:
    control.fault(fault)
    anna.log_in_with()
    assert_nobody_is_in(anna, "Try again")


def test_a_provider_that_is_slow_is_given_up(
    anna: Traveller, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eid, "READ_SECONDS", 0.3)
    control.fault("slow@token")
    anna.log_in_with()
    assert_nobody_is_in(anna, "does not answer right now")


def test_a_provider_that_is_not_there_is_told(anna: Traveller, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EID_PROVIDERS = settings_of(monkeypatch, "http://127.0.0.1:9", "signicat", "own")
    anna.get("/logga-in/own/")
    assert anna.path == "/logga-in/" and "does not answer right now" in anna.page.text


def test_a_description_of_another_issuer_is_not_believed(anna: Traveller, control: Control) -> None:
    control.fault("other_issuer")
    anna.get("/logga-in/signicat/")
    assert anna.path == "/logga-in/" and refusals() == [{"provider": "signicat", "reason": "description"}]
    assert anna.leave().startswith(control.base_url)  # and it is not remembered


def test_a_provider_may_change_its_keys(anna: Traveller, control: Control) -> None:
    anna.log_in_with()
    control.post("rotate")
    anna.log_in_with()
    assert anna.path == "/" and Event.objects.filter(kind="login.succeeded").count() == 2


def test_the_description_and_the_keys_are_asked_for_once(anna: Traveller, control: Control) -> None:
    for _ in range(2):
        anna.log_in_with()
    asked = control.seen["paths"]
    assert asked.count(".well-known/openid-configuration") == asked.count("jwks") == 1
    assert asked.count("token") == 2


def test_several_providers_stand_as_buttons_and_one_is_gone_to_at_once(
    anna: Traveller, provider_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = anna.get("login", query="?next=/begaran/ny/")
    assert "/logga-in/signicat/?next=%2Fbegaran%2Fny%2F" in page.links and "Log in with Freja (made up)" in page.text
    settings.EID_PROVIDERS = settings_of(monkeypatch, provider_url, "freja")
    response = anna.client.get("/logga-in/?next=/begaran/ny/")
    assert response["Location"] == "/logga-in/freja/?next=%2Fbegaran%2Fny%2F"
    assert "Log in with Freja" in anna.get("login", query="?orsak=inaktiv").text  # who came from elsewhere reads why
    assert anna.client.get("/logga-in/signicat/").status_code == 404
    assert anna.client.get("/logga-in/signicat/tillbaka/").status_code == 404


def test_a_login_leads_to_where_one_was_going(anna: Traveller) -> None:
    anna.log_in_with(then="/begaran/ny/")
    assert anna.path == "/begaran/ny/"
    anna.press("/logga-ut/")
    anna.log_in_with(then="https://example.org/")
    assert anna.path == "/"


def test_a_login_gets_a_session_key_of_its_own(anna: Traveller) -> None:
    back = anna.pick(anna.leave())
    before = anna.client.cookies["sessionid"].value
    anna.come_back(back)
    assert anna.client.cookies["sessionid"].value != before
    assert Session.objects.count() == 1


def test_a_copied_cookie_opens_nothing_in_another_browser(anna: Traveller) -> None:
    anna.log_in_with()
    thief = Traveller()
    thief.client.defaults["HTTP_USER_AGENT"] = "Another/1.0"
    thief.client.cookies["sessionid"] = anna.client.cookies["sessionid"].value
    thief.get("what")
    assert thief.path == "/logga-in/" and ANNA.last_name not in thief.response.content.decode()


def test_a_login_ends_after_two_hours_however_much_it_is_used(anna: Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    anna.log_in_with()
    now = session.time.time()
    monkeypatch.setattr(session.time, "time", lambda: now + session.LONGEST_SECONDS - 5)
    store = SessionStore(Session.objects.get().session_key)
    store["portal_seen"] = int(now + session.LONGEST_SECONDS - 10)
    store.save()
    anna.get("start")
    assert "You are logged in" in anna.page.text
    monkeypatch.setattr(session.time, "time", lambda: now + session.LONGEST_SECONDS + 5)
    anna.get("what")
    assert anna.path == "/logga-in/" and "two hours had passed" in anna.page.text


def test_a_logout_ends_the_login_at_the_provider_too(anna: Traveller, control: Control) -> None:
    anna.log_in_with()
    page = anna.press("/logga-ut/")
    (address,) = [link for link in page.links if link.startswith(control.base_url)]
    assert f'content="0; url={address}"'.replace("&", "&amp;") in anna.response.content.decode()
    asked = parse_qs(urlsplit(address).query)
    assert asked["post_logout_redirect_uri"] == ["http://testserver/logga-ut/klart/"]
    assert set(asked) == {"client_id", "post_logout_redirect_uri", "ui_locales"}
    assert eid.requests.get(address, allow_redirects=False).headers["Location"] == "http://testserver/logga-ut/klart/"
    assert control.seen["ended"] == 1 and not Session.objects.exists()
    assert "You have logged out." in anna.get("/logga-ut/klart/").text


def test_the_token_goes_along_at_logout_only_where_the_provider_demands_it(
    anna: Traveller, provider_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EID_PROVIDERS = settings_of(monkeypatch, provider_url, "signicat", logout_hint=True)
    anna.log_in_with()
    (address,) = [link for link in anna.press("/logga-ut/").links if link.startswith(provider_url)]
    assert parse_qs(urlsplit(address).query)["id_token_hint"][0].count(".") == 2


@pytest.mark.parametrize("more", [{}, {"logout": False}])
def test_a_logout_stays_here_where_the_provider_has_none(
    anna: Traveller,
    control: Control,
    provider_url: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
) -> None:
    if more:
        settings.EID_PROVIDERS = settings_of(monkeypatch, provider_url, "signicat", **more)
    else:
        control.fault("no_logout")
    anna.log_in_with()
    anna.press("/logga-ut/")
    assert anna.path == "/" and "You have logged out." in anna.page.text and control.seen["ended"] == 0


def test_a_request_keeps_how_surely_the_person_was_known(anna: Traveller) -> None:
    anna.log_in_with("freja")
    anna.file("access")
    case = Case.objects.get()
    check = IdentityCheck.objects.get(case=case)
    assert (check.method, check.level) == ("eid", "PLUS")
    found = Identifier.objects.get(kind="personnummer")
    assert found.source == "login" and found.strength == Identifier.STRONG
    assert case.state == "gathering"


def test_a_provider_without_a_number_gives_a_login_that_is_searched_by_nothing_yet(anna: Traveller) -> None:
    anna.log_in_with("own")
    anna.file("access")
    assert not Identifier.objects.filter(kind="personnummer").exists()
    assert IdentityCheck.objects.get().level == "loa2"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/"])
def test_no_page_of_the_library_is_there(world: World, path: str) -> None:
    assert Traveller().client.get(path).status_code == 404
