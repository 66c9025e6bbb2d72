"""The shapes of what comes in and goes out. What is not named here is refused."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from requests_app.services import draft_files, intake, messages

_NO_NUL = r"^[^\u0000]*$"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: Any) -> datetime:
    """A time with its zone. Written strictly, since what a time means must not be guessed: the clock starts there."""
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            pass
    raise PydanticCustomError("moment", "not a time")


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
RightCode = Literal[
    "access", "rectification", "erasure", "restriction", "portability", "objection", "consent_withdrawal"
]
Step = Literal["received", "gathering", "reviewing", "handling", "answered", "withdrawn", "ended", "not_authorised"]
Language = Literal["sv", "en"]


def _text(most: int, least: int = 0) -> Any:
    return Annotated[str, StringConstraints(min_length=least, max_length=most, pattern=_NO_NUL)]


Said = Annotated[str, StringConstraints(max_length=intake.MAX_TEXT, pattern=_NO_NUL)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Person(_In):
    """Who asks, as the person wrote it. E-mail and telephone wait for a coordinator's word before anything is searched by them."""

    name: _text(200) = Field(description="Never empty.", examples=["Anna Andersson"])
    email: _text(254) = Field("", examples=["anna@example.se"])
    phone: _text(40) = Field("", examples=["070-174 06 05"])
    address: _text(500) = Field("", examples=[""])


class Identifiers(_In):
    """What you vouch for: it belongs to the person who is logged in with you. The systems are searched by it at once."""

    personnummer: _text(40) = Field("", examples=["198504032387"])
    customer_no: _text(64) = Field("", examples=["K-10023"])


HeldRef = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{26}$")]
HeldRefs = Annotated[list[HeldRef], Field(max_length=draft_files.MAX_FILES)]


class Acting(_In):
    """Who acts for the person: whoever is logged in with you. Nothing is searched by anything of it."""

    capacity: Literal["proxy", "guardian", "trustee", "administrator"] = Field(
        description="By power of attorney (ombud), with custody of the child (vårdnadshavare), as god man, as förvaltare."
    )
    name: _text(200, 1) = Field(examples=["Bo Lindqvist"])
    email: _text(254) = Field("", examples=["bo@example.se"])
    phone: _text(40) = Field("", examples=["070-174 06 05"])
    basis: _text(6_000) = Field("", description="Why one may act, in one's own words.")
    proofs: HeldRefs = Field([], description="Files that show it, sent before; more can come with a message.")


class HeldOut(BaseModel):
    """A file that waits for the request or the message it belongs to."""

    ref: str = Field(description="Name it in `files`, or in `acting.proofs`.")
    name: str
    size: int
    sha256: str
    expires_at: datetime


class NewRequest(_In):
    """A request to file."""

    rights: dict[RightCode, Said] = Field(
        min_length=1,
        description="Each right that is exercised, with what the person wrote about it, possibly nothing. "
        "Rectification needs a text, and so does an objection unless it is one to marketing.",
        examples=[{"access": "", "rectification": "Min adress ska vara Storgatan 1."}],
    )
    person: Person
    identifiers: Identifiers = Field(default_factory=Identifiers)
    login_level: Literal["loa2", "loa3", "loa4"] = Field(
        description="How surely the person was identified (Swedish levels of assurance). The person must be logged in with eID.",
        examples=["loa3"],
    )
    against_marketing: StrictBool = Field(
        False, description="The objection is one to direct marketing (Art. 21(2)); only with that right."
    )
    language: Language = Field("sv", description="The language of the answer.")
    delivery: Literal["portal", "post"] = Field(
        "portal",
        description="How the person wants the answer. By post without an address, it goes to the one we already have.",
    )
    received_at: Moment | None = Field(
        None,
        description="When the request reached you, if not now: the time to answer runs from then. "
        "Never in the future, and at most 90 days back.",
        examples=["2026-11-22T10:15:00+01:00"],
    )
    files: HeldRefs = Field([], description="Files that go along, sent before.")
    acting: Acting | None = Field(
        None,
        description="When who is logged in acts for another: `person` and `identifiers` are then of that other person, and "
        "you vouch for none of them. Nothing is gathered before we have seen that one may act.",
    )


class Filed(BaseModel):
    """The receipt of a request."""

    ref: str = Field(description="What the request is called in addresses.", examples=["01KAPFV3Z5E8Q2W0RM7T4N9XYB"])
    diary_no: str = Field(description="What the person is told it is called.", examples=["DSR-2026-0042"])
    received_on: date
    answer_by: date = Field(description="The last day to answer, as it was when the request came in.")


class Status(BaseModel):
    """Where the request is."""

    code: Step
    text: str = Field(examples=["Vi samlar in dina uppgifter"])


class RightOut(BaseModel):
    """One right, and what came of it once the answer has left."""

    right: RightCode
    name: str = Field(examples=["Registerutdrag"])
    text: str = Field(description="What the person wrote.")
    outcome: str = Field(description="A code; empty until the answer has left.", examples=["granted"])
    outcome_text: str
    answered_on: date | None


class FileOut(BaseModel):
    """A file the person can fetch."""

    ref: str
    kind: str = Field(examples=["extract"])
    label: str
    media_type: str = Field(examples=["application/pdf"])
    size: int
    pages: int
    sha256: str
    released_on: date
    replaced: bool = Field(description="A newer one of the same kind has been released.")
    url: str


class RequestShort(BaseModel):
    """A request in a list."""

    ref: str
    diary_no: str
    rights: list[RightCode]
    received_on: date
    status: Status
    due_on: date | None = Field(description="The last day to answer; null once it has ended.")


class RequestOut(BaseModel):
    """A request as its person follows it."""

    ref: str
    diary_no: str
    received_on: date
    status: Status
    due_on: date | None = Field(description="The last day to answer; null once it has ended.")
    late: bool
    moved: list[str] = Field(description="Why the last day is another than the first one told; empty when it is not.")
    language: Language
    rights: list[RightOut]
    files: list[FileOut]
    unread_messages: int
    closed_on: date | None


class Requests(BaseModel):
    """The person's requests, the last filed first."""

    items: list[RequestShort]
    next: str | None = Field(description="The cursor of the next page; null when this is the last.")


class NewMessage(_In):
    """A message from the person."""

    text: _text(messages.LIMIT, 1) = Field(examples=["När får jag svar?"])
    files: HeldRefs = Field([], description="Files that go along, sent before.")


class MessageFile(BaseModel):
    """A file that went along with a message."""

    ref: str
    name: str = Field(examples=["faktura.pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: int
    sha256: str
    url: str


class MessageOut(BaseModel):
    """A message. What came from us has no name: it is the organisation that answers."""

    ref: str
    direction: Literal["in", "out"] = Field(description="`in` is from the person, `out` to the person.")
    text: str
    at: datetime
    read_at: datetime | None
    files: list[MessageFile] = Field(
        description="Those that the person may fetch. Until we have seen that one may act for another, they are one's own."
    )


class Messages(BaseModel):
    """All messages of a request, the oldest first."""

    items: list[MessageOut]


class Read(BaseModel):
    """How many messages were new."""

    read: int


class Change(BaseModel):
    """A request in which something has happened that its person may see."""

    ref: str
    at: datetime
    status: Status


class Changes(BaseModel):
    """Requests that have changed, each once a page, in the order it happened."""

    items: list[Change]
    cursor: str = Field(description="What to ask after next time.", examples=["1042"])
    more: bool = Field(description="There is more: ask again at once.")
