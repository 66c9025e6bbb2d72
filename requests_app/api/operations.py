"""What a client can do for a person: file, list, read, write, take back, fetch; and ask what has changed."""

import base64
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Header, Path, Query, Router, Status, UploadedFile

from requests_app.api import schemas, shown, token
from requests_app.api.auth import FILE, UPLOAD
from requests_app.api.interface import api, operation
from requests_app.api.problems import Problem, error
from requests_app.domain.channels import Capacity, MessageChannel, Scope
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel, Outcome, Right
from requests_app.models import Case, StoredFile
from requests_app.services import (
    api_files,
    attachments,
    cases,
    changes as log,
    delivery,
    idempotency,
    intake,
    messages as letters,
    people,
    progress,
)
from requests_app.services.api_clients import Caller
from requests_app.services.people import Contact, Login
from requests_app.services.representation import Acting
from requests_app.web.responses import download

router = Router()
LONGEST_AGO = timedelta(days=90)
"""How long ago a request may have reached the client: a wrong year would open a case that is overdue from its first day."""

Subject = Annotated[
    str,
    Header(
        alias="X-Subject",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="The person: `sub` of the login at your issuer. It stands in a header since addresses are logged.",
        examples=["f7c3bc1d-808a-4704-9b9a-1f0b2b6f2a11"],
    ),
]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{8,200}$",
        description="Your own unique name for this request. Sent again with the same content it gives the same answer, for seven days.",
        examples=["5d2f0c1e-6d0b-4a6e-9a52-0a9d1d6f3f77"],
    ),
]
Ref = Annotated[str, Path(description="The request.")]
FileRef = Annotated[str, Path(description="The file.")]


def _caller(request: HttpRequest) -> Caller:
    caller: Caller = request.auth
    return caller


@router.post(
    "/files",
    url_name=UPLOAD,
    response={201: schemas.HeldOut},
    summary="Send a file",
    **operation(Scope.FILE, "invalid", "too_large", "unsupported_media_type", also=(Scope.WRITE,)),
)
def send_file(request: HttpRequest, file: File[UploadedFile], subject: Subject) -> Status[schemas.HeldOut]:
    """Send a file before the request or the message it belongs to. The same file sent again is the same; unused it is gone in a day."""
    caller, name = _caller(request), attachments.plain_name(file.name or "")
    login = Login(caller.client.issuer, subject)
    held = api_files.take(actor=caller.actor, client=caller.client, login=login, name=name, data=file.read())
    expires = held.expires_at or timezone.now()
    said = schemas.HeldOut(ref=held.ref, name=name, size=held.size, sha256=held.sha256, expires_at=expires)
    return Status(201, said)


@router.post(
    "/requests",
    response={201: schemas.Filed},
    summary="File a request",
    **operation(Scope.FILE, "invalid", "idempotency_key_reused", "in_progress", "too_large", "unsupported_media_type"),
)
def file_request(
    request: HttpRequest, response: HttpResponse, body: schemas.NewRequest, subject: Subject, key: Key
) -> Status[schemas.Filed]:
    """File a request for a person who is logged in with you. The answer has its number and the last day to answer."""
    caller = _caller(request)

    def do() -> tuple[Case, str]:
        return intake.open_case(actor=caller.actor, request=_request(caller, subject, body)).case, ""

    done = idempotency.once(
        client=caller.client, key=key, operation="file", content=_content(subject, "", body), status=201, do=do
    )
    response["Location"] = reverse("api:read_request", args=[done.case.ref])
    return Status(done.status, shown.filed(done.case))


def _content(subject: str, ref: str, body: schemas.NewRequest | schemas.NewMessage) -> bytes:
    return "\n".join((subject, ref, body.model_dump_json())).encode("utf-8")


def _acting(caller: Caller, login: Login, said: schemas.Acting) -> Acting:
    """Who acts for the person, with addresses that are such."""
    for kind, text in ((IdentifierKind.EMAIL, said.email), (IdentifierKind.PHONE, said.phone)):
        try:
            if text.strip():
                people.normalised(kind, text)
        except ValidationError as error:
            raise ValidationError({f"acting.{kind.value}": error.messages[0]}) from None
    if not said.name.strip():
        raise ValidationError({"acting.name": _("Write who acts for the person.")})
    return Acting(
        capacity=Capacity(said.capacity),
        name=said.name,
        contact=Contact(email=said.email, phone=said.phone),
        basis=said.basis,
        proofs=api_files.chosen(client=caller.client, login=login, refs=said.proofs, field="acting.proofs"),
    )


def _request(caller: Caller, subject: str, body: schemas.NewRequest) -> intake.Request:
    """The request as intake takes it. What the client vouches for is sure, what the person typed is not.

    It vouches for who is logged in: of a person somebody acts for nothing is sure.
    """
    login, source = Login(caller.client.issuer, subject), "request" if body.acting else "login"
    if body.acting and body.person.email.strip().lower() == body.acting.email.strip().lower() != "":
        raise ValidationError({"acting.email": _("This is given as the person's address too.")})
    if body.acting and set(body.acting.proofs) & set(body.files):
        raise ValidationError({"files": _("A file goes along once: with the request, or as a proof.")})
    if body.received_at is not None and body.received_at < timezone.now() - LONGEST_AGO:
        raise ValidationError({"received_at": _("It can have reached you at most 90 days ago. Check the date.")})
    if body.against_marketing and Right.OBJECTION.value not in body.rights:
        raise ValidationError({"against_marketing": _("Name objection among the rights too.")})
    said = [
        (IdentifierKind.PERSONNUMMER, body.identifiers.personnummer, source),
        (IdentifierKind.CUSTOMER_NO, body.identifiers.customer_no, source),
        (IdentifierKind.EMAIL, body.person.email, "request"),
        (IdentifierKind.PHONE, body.person.phone, "request"),
    ]
    return intake.Request(
        channel=Channel.API,
        rights=dict(body.rights),
        received_at=body.received_at or timezone.now(),
        name=body.person.name,
        contact=Contact(email=body.person.email, phone=body.person.phone, address=body.person.address),
        identifiers=tuple(item for item in said if item[1].strip()),
        language=body.language,
        delivery_wish=body.delivery,
        login=login,
        login_level=body.login_level,
        client=caller.client,
        against_marketing=body.against_marketing,
        files=api_files.chosen(client=caller.client, login=login, refs=body.files, field="files"),
        acting=_acting(caller, login, body.acting) if body.acting else None,
    )


@router.get(
    "/requests",
    response=schemas.Requests,
    summary="List a person's requests",
    **operation(Scope.READ, "invalid"),
)
def list_requests(
    request: HttpRequest,
    response: HttpResponse,
    subject: Subject,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 20,
    cursor: Annotated[
        str, Query(pattern="^[0-9A-Z]{0,26}$", description="Where to go on: `next` of the page before.")
    ] = "",
) -> schemas.Requests:
    """The person's requests, the last filed first, also those filed elsewhere with the same login."""
    found = shown.cases_of(_caller(request), subject).prefetch_related("rights").order_by("-ref")
    rows = list((found.filter(ref__lt=cursor) if cursor else found)[: limit + 1])
    following = rows[limit - 1].ref if len(rows) > limit else None
    if following:
        query = urlencode({"limit": limit, "cursor": following})
        response["Link"] = f'<{reverse("api:list_requests")}?{query}>; rel="next"'
    return schemas.Requests(items=[shown.short(case) for case in rows[:limit]], next=following)


@router.get(
    "/requests/{ref}",
    response=schemas.RequestOut,
    summary="Read a request",
    **operation(Scope.READ, "not_found", "invalid"),
)
def read_request(request: HttpRequest, ref: Ref, subject: Subject) -> schemas.RequestOut:
    """Where the request is in plain words, its dates and why they moved, what came of each right, and its files."""
    case = shown.own_case(_caller(request), subject, ref, refused=True)
    shown.viewed(_caller(request), case)
    return shown.whole(case)


@router.post(
    "/requests/{ref}/withdrawal",
    response=schemas.RequestOut,
    summary="Take a request back",
    **operation(Scope.WRITE, "not_found", "conflict", "invalid", "unsupported_media_type"),
)
def withdraw_request(request: HttpRequest, ref: Ref, subject: Subject) -> schemas.RequestOut:
    """The person takes the request back. Done twice it is done once; what has been answered can no longer be taken back."""
    caller = _caller(request)
    case = shown.own_case(caller, subject, ref)
    if case.closed_at is None:
        cases.withdraw(actor=caller.actor, case=case)
        case = shown.own_case(caller, subject, ref)
    if case.closed_as != Outcome.WITHDRAWN.value:
        raise Problem("closed")
    return shown.whole(case)


@router.get(
    "/requests/{ref}/messages",
    response=schemas.Messages,
    summary="Read the messages",
    **operation(Scope.READ, "not_found", "invalid"),
)
def list_messages(request: HttpRequest, ref: Ref, subject: Subject) -> schemas.Messages:
    """All messages of the request, from the person and to the person."""
    case = shown.own_case(_caller(request), subject, ref)
    shown.viewed(_caller(request), case)
    return schemas.Messages(items=shown.messages_of(case, letters.told(case)))


@router.post(
    "/requests/{ref}/messages",
    response={201: schemas.MessageOut},
    summary="Write a message",
    **operation(
        Scope.WRITE,
        "not_found",
        "invalid",
        "idempotency_key_reused",
        "in_progress",
        "gone",
        "too_large",
        "unsupported_media_type",
    ),
)
def write_message(
    request: HttpRequest, ref: Ref, body: schemas.NewMessage, subject: Subject, key: Key
) -> Status[schemas.MessageOut]:
    """The person writes to who handles the request."""
    caller = _caller(request)
    case = shown.own_case(caller, subject, ref)

    def do() -> tuple[Case, str]:
        login = Login(caller.client.issuer, subject)
        held = api_files.chosen(client=caller.client, login=login, refs=body.files, field="files")
        made = letters.post(
            actor=caller.actor, case=case, direction=letters.IN, channel=MessageChannel.API, text=body.text, held=held
        )
        return case, made.ref

    done = idempotency.once(
        client=caller.client, key=key, operation="message", content=_content(subject, ref, body), status=201, do=do
    )
    (said,) = shown.messages_of(done.case, [letters.message_of(done.case, done.result_ref)])
    return Status(done.status, said)


@router.post(
    "/requests/{ref}/messages/read",
    response=schemas.Read,
    summary="Note that the person has read the messages",
    **operation(Scope.WRITE, "not_found", "invalid", "unsupported_media_type"),
)
def read_messages(request: HttpRequest, ref: Ref, subject: Subject) -> schemas.Read:
    """All messages to the person are noted as read. Done twice it is done once."""
    caller = _caller(request)
    case = shown.own_case(caller, subject, ref)
    return schemas.Read(read=letters.mark_read(actor=caller.actor, case=case, direction=letters.OUT))


@router.get(
    "/requests/{ref}/files/{file_ref}",
    url_name=FILE,
    summary="Fetch a file",
    **operation(Scope.FILES, "not_found", "gone", "invalid"),
)
def fetch_file(request: HttpRequest, ref: Ref, file_ref: FileRef, subject: Subject) -> HttpResponseBase:
    """A file released to the person, or of a message, as it is. Each time is logged. `Repr-Digest` has its SHA-256 (RFC 9530)."""
    caller = _caller(request)
    case = shown.own_case(caller, subject, ref)
    told = letters.files_for_person(case).filter(ref=file_ref).first()
    there = [told] if told else [item.file for item in progress.released_files(case) if item.file.ref == file_ref]
    held = request.headers.get("If-None-Match", "")
    for file in there:
        if f'"{file.sha256}"' in held:
            return HttpResponseNotModified(headers={"ETag": f'"{file.sha256}"'})
    fetch = letters.fetch if told else delivery.fetch
    try:
        opened, stored, name = fetch(case=case, file_ref=file_ref, actor=caller.actor)
    except StoredFile.DoesNotExist:
        raise Problem("not_found") from None
    except FileNotFoundError:
        raise Problem("gone") from None
    answer = download(opened, name, size=stored.size)
    digest = base64.b64encode(bytes.fromhex(stored.sha256)).decode()
    answer["Repr-Digest"] = f"sha-256=:{digest}:"
    answer["ETag"] = f'"{stored.sha256}"'
    return answer


@router.get("/changes", response=schemas.Changes, summary="Ask what has changed", **operation(Scope.READ, "invalid"))
def list_changes(
    request: HttpRequest,
    response: HttpResponse,
    after: Annotated[
        str, Query(pattern="^([0-9]{1,18})?$", description="`cursor` of the answer before. Without it all there is.")
    ] = "",
    changed_since: Annotated[
        schemas.Moment | None, Query(description="Where to begin when you have no cursor, for example after a restore.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="At most so many events are looked through.")] = 100,
) -> schemas.Changes:
    """The requests you have filed, of all persons, in which something has happened. Keep the cursor, and ask with the ETag."""
    if after and changed_since is not None:
        both = error("query", "changed_since", "both", "Give after or changed_since, not both.")
        raise Problem("invalid", errors=[both])
    seq = int(after or 0) if changed_since is None else log.before(changed_since)
    found = log.after(client=_caller(request).client, seq=seq, limit=limit)
    if found.more:
        query = urlencode({"limit": limit, "after": found.last})
        response["Link"] = f'<{reverse("api:list_changes")}?{query}>; rel="next"'
    items = [schemas.Change(ref=item.case.ref, at=item.at, status=shown.status(item.case)) for item in found.items]
    return schemas.Changes(items=items, cursor=str(found.last), more=found.more)


@router.post("/token", auth=None, url_name="token", summary="Get an access token", openapi_extra={"x-token": True})
def get_token(request: HttpRequest) -> HttpResponse:
    """OAuth 2.0 client credentials (RFC 6749, 4.4), with `client_secret_basic` or `client_secret_post`. It holds for ten minutes."""
    return token.answer(request)


@router.get("/openapi.json", auth=None, url_name="openapi", include_in_schema=False)
def openapi(request: HttpRequest) -> HttpResponse:
    """This description."""
    return api.create_response(request, api.get_openapi_schema(), status=200)


api.add_router("", router)
