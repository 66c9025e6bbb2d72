"""The description of the API is whole, the committed copy says the same, and the API keeps to it whatever is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from requests_app.domain.channels import Scope
from requests_app.models import Case
from requests_app.services import messages
from tests.api.conftest import ANNA, make_caller
from tests.api.write import COPY, described

if TYPE_CHECKING:
    from schemathesis import Case as Asked
    from schemathesis.openapi import BaseSchema

    from tests.world import World

EXAMPLES = 4
"""Of each operation and token; the whole specification takes half a minute."""


def test_the_copy_in_the_documents_is_the_description() -> None:
    said = "run python -m tests.api.write"
    assert COPY.read_text(encoding="utf-8") == described(), said


def test_every_operation_says_who_may_what_it_answers_and_what_can_go_wrong() -> None:
    made = json.loads(described())
    assert made["openapi"].startswith("3.1") and made["info"]["version"] == "1.3.0"
    scopes = made["components"]["securitySchemes"]["client"]["flows"]["clientCredentials"]["scopes"]
    assert set(scopes) == {scope.value for scope in Scope}
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            if path.endswith("/token"):
                continue
            assert operation["security"][0]["client"][0] in scopes, path
            assert operation["summary"] and operation["description"], path
            assert {"400", "401", "403", "406", "422", "429"} <= set(operation["responses"]), (path, method)
            if method == "get":
                assert "304" in operation["responses"], path


def _schema() -> BaseSchema:
    allowed = ["2xx", "304", "401", "403", "404", "409", "422", "429"]
    # what no schema can say: check digits, times in the future, texts that some rights need, secrets
    config = SchemathesisConfig.from_dict(
        {"checks": {"positive_data_acceptance": {"expected-statuses": [*allowed, "400"]}}}
    )
    return schemathesis.openapi.from_dict(json.loads(described()), config=config)


schema = _schema()


@pytest.fixture
def refs(world: World) -> dict[str, str]:
    """Something that is there to be found by those who ask for it."""
    caller = make_caller(world)
    for _ in range(3):
        caller.file()
    case = Case.objects.order_by("pk")[0]
    from requests_app.domain.channels import MessageChannel
    from requests_app.services.audit import Actor

    karin = Actor.staff(world.karin)
    messages.post(actor=karin, case=case, direction="out", channel=MessageChannel.PORTAL, text="Hej!")
    return {"good": caller.token, "other": make_caller(world, issuer="https://other.example.se").token, "ref": case.ref}


def _settings() -> Any:
    return hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )


@schema.parametrize()
@_settings()
def test_it_keeps_to_its_description_whatever_is_sent(case: Asked, refs: dict[str, str], app: Any) -> None:
    case.call_and_validate(app=app, headers={"Authorization": f"Bearer {refs['good']}"})


@schema.parametrize()
@_settings()
def test_it_does_so_for_a_request_that_is_there(case: Asked, refs: dict[str, str], app: Any) -> None:
    if case.path_parameters and "ref" in case.path_parameters:
        case.path_parameters["ref"] = refs["ref"]
    if "X-Subject" in case.headers:
        case.headers["X-Subject"] = ANNA
    case.call_and_validate(app=app, headers={"Authorization": f"Bearer {refs['good']}"})


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic YTpi"])
def test_no_operation_lets_in_a_wrong_token(world: World, token: str) -> None:
    from django.test import Client

    for path, methods in json.loads(described())["paths"].items():
        for method in set(methods) - {"parameters"}:
            if path.endswith("/token"):
                continue
            where = path.replace("{ref}", "0" * 26).replace("{file_ref}", "0" * 26)
            answer = getattr(Client(), method)(where, headers={"authorization": token}, content_type="application/json")
            assert answer.status_code == 401, (path, method)
