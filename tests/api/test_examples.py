"""The bodies in the documents are complete and right: what is sent is taken, what is answered has the described shape."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from requests_app.api import operations, schemas
from requests_app.models import Case
from tests.api.conftest import ANNA
from tests.api.write import described

if TYPE_CHECKING:
    from tests.api.conftest import Caller

FILE = "01KAPFV3Z5E8Q2W0RM7T4N9XYB"
TEXT = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text(encoding="utf-8").partition("## Examples")[2]
EXAMPLES = {
    title: [json.loads(found) for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    for title, _, text in (part.partition("\n") for part in TEXT.split("\n### ")[1:])
}
ONE = "/api/v1/requests/{ref}"
ANSWERS = {
    "POST /api/v1/files": "HeldOut",
    "POST /api/v1/requests": "Filed",
    f"GET {ONE}": "RequestOut",
    f"GET {ONE}/messages": "Messages",
    f"POST {ONE}/messages": "MessageOut",
    "GET /api/v1/changes?after=1042": "Changes",
}


def shape(value: Any) -> Any:
    """The names of a body, without what stands there."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


def sent(title: str, ref: str) -> dict[str, Any]:
    """A body of the documents that names a file that is there."""
    body: dict[str, Any] = json.loads(json.dumps(EXAMPLES[title][0]).replace(FILE, ref))
    return body


@pytest.mark.parametrize("title", ANSWERS)
def test_an_answer_has_every_field_of_its_description_and_no_other(title: str) -> None:
    name, answer = ANSWERS[title], EXAMPLES[title][-1]
    method, _, path = title.partition("?")[0].partition(" ")
    operation = json.loads(described())["paths"][path][method.lower()]
    answers = [item for code, item in operation["responses"].items() if code.startswith("2")]
    assert answers[0]["content"]["application/json"]["schema"]["$ref"].endswith(f"/{name}")
    read = getattr(schemas, name).model_validate(answer)
    assert shape(read.model_dump(mode="json", by_alias=True)) == shape(answer)


@pytest.mark.parametrize(("title", "name"), [("POST /api/v1/token", "Token"), ("When something is wrong", "Problem")])
def test_the_other_answers_have_the_fields_that_are_described(title: str, name: str) -> None:
    known = json.loads(described())["components"]["schemas"][name]
    answer = set(EXAMPLES[title][0])
    assert set(known["required"]) <= answer <= set(known["properties"])


def test_what_is_sent_is_taken_and_shows_every_field(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "LONGEST_AGO", timedelta(days=36_500))  # the documents grow old
    sender = {"authorization": f"Bearer {caller.token}", "x-subject": ANNA}
    names = {"own": "POST /api/v1/requests", "other": "POST /api/v1/requests, for somebody else"}
    refs = [
        caller.http.post(
            "/api/v1/files", {"file": SimpleUploadedFile(f"{n}.pdf", f"%PDF-1.7 {n}".encode())}, headers=sender
        ).json()["ref"]
        for n in range(3)
    ]
    for title, ref in zip(names.values(), refs[:2], strict=True):
        answer = caller.post("/requests", sent(title, ref))
        assert answer.status_code == 201, answer.content
    case = Case.objects.order_by("pk")[0]
    assert caller.post(f"/requests/{case.ref}/messages", sent(f"POST {ONE}/messages", refs[2])).status_code == 201
    own, other = (EXAMPLES[title][0] for title in names.values())
    assert {**own, **other}.keys() == schemas.NewRequest.model_fields.keys()
    assert other["acting"].keys() == schemas.Acting.model_fields.keys()
    assert own["person"].keys() == schemas.Person.model_fields.keys()
    assert own["identifiers"].keys() == schemas.Identifiers.model_fields.keys()
    message = EXAMPLES[f"POST {ONE}/messages"][0]
    assert message.keys() == schemas.NewMessage.model_fields.keys()
    filed = EXAMPLES["POST /api/v1/requests"][1]
    assert (case.received_on.isoformat(), case.due_on.isoformat()) == (filed["received_on"], filed["answer_by"])
