"""The pages of one task of a system's owner. Two doors lead here, the link and the admin; each brings a ``Task`` and a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext as _

from requests_app.services import policy as policies
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.owners import answers, drafts, mapping, messages, tasks
from requests_app.web import owner_mapping

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Collection, OwnerLink
    from requests_app.services.audit import Actor
    from requests_app.services.owners.drafts import Line

LINES = 4
"""Empty lines to type on beyond those that are filled in."""
ACCEPTED = ".csv,.txt,.json,.xlsx,.pdf,.png,.jpg,.jpeg,.docx,.odt,.eml,.msg"
Problem = tuple[str, str]
"""What is wrong, and the id of the field it is about."""


@dataclass
class Task:
    """One task, and how the door through which somebody came leads on."""

    row: Collection
    link: OwnerLink | None
    actor: Actor
    url: Callable[[str], str]
    """Page -> address; the empty word is the task's first page."""
    last_on: date
    done: Callable[[HttpRequest, str], HttpResponse]
    """Where to go with word of what was done, once the task is answered."""
    frame: dict[str, Any] = field(default_factory=dict)

    @property
    def who(self) -> dict[str, Any]:
        """What every service is told."""
        return {"actor": self.actor, "row": self.row, "link": self.link}


def shell(request: HttpRequest, template: str, status: int = 200, /, **context: Any) -> HttpResponse:
    """A page in the owner's frame."""
    values = policies.current()[1]
    lang = "en" if (get_language() or "sv").startswith("en") else "sv"
    frame = {"sender": values.sender, "sender_unit": values.sender.unit[lang], "lang": lang, "demo": settings.DEMO}
    return render(request, template, frame | context, status=status)


def _page(
    request: HttpRequest, task: Task, template: str, problems: list[Problem] | None = None, /, **context: Any
) -> HttpResponse:
    names = ("", "filer", "ta-bort", "skriv", "granska", "inget", "inte-vart", "fraga", "nummer")
    urls = {name.replace("-", "_") or "task": task.url(name) for name in names}
    held = {"row": task.row, "urls": urls, "problems": problems or [], **task.frame, **context}
    held["last_on"] = task.last_on
    return shell(request, f"owner/{template}.html", 422 if problems else 200, **held)


def _said(error: ValidationError, fields: dict[str, str]) -> list[Problem]:
    """What a service refused, with the field it is about; ``fields`` maps its words to ids."""
    if hasattr(error, "error_dict"):
        return [(said, fields.get(name, "")) for name, errors in error.message_dict.items() for said in errors]
    return [(said, "") for said in error.messages]


def first(request: HttpRequest, task: Task, *, problems: list[Problem] | None = None, number: str = "") -> HttpResponse:
    """What is asked, what has been put into the answer so far, and what one can do."""
    vault = Vault(task.row.case)
    tasks.seen(actor=task.actor, row=task.row)
    return _page(
        request,
        task,
        "task",
        problems,
        question=tasks.question(task.row, vault),
        files=drafts.names_of(task.row),
        lines=drafts.lines_of(task.row),
        messages_=messages.of(task.row, vault),
        number=number,
        accepted=ACCEPTED,
    )


def files(request: HttpRequest, task: Task) -> HttpResponse:
    """Put files into the draft. Each that can be taken is, also when another is refused."""
    if request.method != "POST":
        return redirect(task.url(""))
    sent = request.FILES.getlist("file")
    if not sent:
        large = int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        said = _("The files are more than 25 MB together. Send them a few at a time.") if large else _("Choose a file.")
        return first(request, task, problems=[(said, "id_file")])
    problems: list[Problem] = []
    for upload in sent:
        try:
            drafts.add_file(actor=task.actor, row=task.row, name=upload.name or "", data=upload.read())
        except ValidationError as error:
            problems += _said(error, {"file": "id_file"})
    return first(request, task, problems=problems) if problems else redirect(f"{task.url('')}#answer")


def remove(request: HttpRequest, task: Task) -> HttpResponse:
    """Take a file out of the draft again."""
    if request.method == "POST":
        drafts.remove_file(row=task.row, ref=request.POST.get("file", ""))
    return redirect(f"{task.url('')}#answer")


def write(request: HttpRequest, task: Task) -> HttpResponse:
    """Type the data, line by line."""
    if request.method != "POST":
        lines = drafts.lines_of(task.row)
        return _page(request, task, "write", lines=_with_empty(lines))
    lines = list(zip(request.POST.getlist("label"), request.POST.getlist("value"), strict=False))
    try:
        drafts.keep_lines(row=task.row, lines=lines)
    except ValidationError as error:
        return _page(request, task, "write", _said(error, {"lines": "id_label_1"}), lines=_with_empty(lines))
    return redirect(task.url("skriv") if "more" in request.POST else f"{task.url('')}#answer")


def _with_empty(lines: list[Line]) -> list[Line]:
    kept = [line for line in lines if any(line)]
    return [*kept, *([("", "")] * LINES)]


def check(request: HttpRequest, task: Task) -> HttpResponse:
    """How the files were read, to be confirmed or corrected, and everything that is about to be sent."""
    found = drafts.files_of(task.row)
    shown = [owner_mapping.sheet(task.row.system, item, request.POST) for item in found]
    problems: list[Problem] = []
    if request.method == "POST":
        for sheet in shown:
            if sheet.mapping is not None:
                try:
                    mapping.checked(sheet.mapping, task.row.system)
                except ValidationError as error:
                    problems += [(f"{sheet.name}: {said}", sheet.anchor) for said in error.messages]
        if not problems and "send" in request.POST:
            maps = {sheet.ref: sheet.mapping for sheet in shown if sheet.mapping is not None}
            try:
                answers.send(**task.who, maps=maps)
                return task.done(request, "answered")
            except Conflict:
                raise
            except ValidationError as error:
                problems = _said(error, {})
    lines = drafts.lines_of(task.row)
    if not found and not lines:
        return redirect(task.url(""))
    categories = mapping.categories_for(task.row.system)
    return _page(request, task, "check", problems, sheets=shown, lines=lines, categories=categories)


def nothing(request: HttpRequest, task: Task) -> HttpResponse:
    """Nothing was found, after having been asked once."""
    if request.method != "POST":
        return _page(request, task, "nothing")
    try:
        answers.nothing(**task.who)
    except Conflict:
        raise
    except ValidationError as error:
        return _page(request, task, "nothing", _said(error, {}))
    return task.done(request, "nothing")


def _texted(request: HttpRequest, task: Task, template: str, act: Callable[..., None], done: str) -> HttpResponse:
    text = request.POST.get("text", "")
    context: dict[str, Any] = {"text": text}
    if template == "ask":
        context["messages_"] = messages.of(task.row, Vault(task.row.case))
    if request.method != "POST":
        return _page(request, task, template, **context)
    try:
        act(**task.who, text=text)
    except Conflict:
        raise
    except ValidationError as error:
        return _page(request, task, template, _said(error, {"text": "id_text"}), **context)
    return task.done(request, done) if done else redirect(task.url("fraga"))


def not_theirs(request: HttpRequest, task: Task) -> HttpResponse:
    """Somebody else must be asked."""
    return _texted(request, task, "not_theirs", answers.not_theirs, "not_theirs")


def ask(request: HttpRequest, task: Task) -> HttpResponse:
    """Questions to the coordinator, and what was answered."""
    return _texted(request, task, "ask", messages.ask, "")


def number(request: HttpRequest, task: Task) -> HttpResponse:
    """The personnummer, on a click that is logged."""
    if request.method != "POST":
        return redirect(task.url(""))
    shown = tasks.show_number(actor=task.actor, row=task.row, vault=Vault(task.row.case))
    return first(request, task, number=shown)


PAGES: dict[str, Callable[[HttpRequest, Task], HttpResponse]] = {
    "": first,
    "filer": files,
    "ta-bort": remove,
    "skriv": write,
    "granska": check,
    "inget": nothing,
    "inte-vart": not_theirs,
    "fraga": ask,
    "nummer": number,
}


def show(request: HttpRequest, task: Task, page: str) -> HttpResponse:
    """One page of a task; 404 for one there is not, a plain word when the task was ended meanwhile."""
    view = PAGES.get(page)
    if view is None:
        raise Http404
    try:
        return view(request, task)
    except Conflict:
        return shell(request, "owner/over.html", 409, why="changed", **task.frame)
