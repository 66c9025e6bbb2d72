"""Outgoing mail for administrators: what left, what waits and what could not leave. No address, no text, no case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from requests_app.admin.unlogged import Unlogged
from requests_app.models import OutgoingMail, User
from requests_app.services import access, mail, mail_words
from requests_app.services.audit import Actor
from requests_app.templatetags.dsr import moment

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest


class _WordFilter(admin.SimpleListFilter):
    """By a code, in words."""

    words: dict[str, Any]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The codes there are."""
        return [(code, str(word)) for code, word in self.words.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        """Narrow the list."""
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset  # type: ignore[dict-item]


class StateFilter(_WordFilter):
    """By where the mail stands."""

    title = pgettext_lazy("mail", "state")
    parameter_name = "state"
    words = mail_words.STATES


class KindFilter(_WordFilter):
    """By kind."""

    title = gettext_lazy("kind")
    parameter_name = "kind"
    words = mail_words.KINDS


class OutgoingMailAdmin(Unlogged, ModelAdmin):
    """The list, and one thing to do: try again what could not be sent."""

    list_display = ("queued", "shown_kind", "receiver", "shown_state", "failures", "shown_fault", "sent")
    list_display_links = None
    list_filter = (StateFilter, KindFilter)
    list_select_related = ("user",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    actions = ("try_again",)
    fields = ("queued", "shown_kind", "receiver", "shown_state", "failures", "shown_fault", "sent")

    @display(description=pgettext_lazy("mail", "Queued"), ordering="created_at")
    def queued(self, obj: OutgoingMail) -> str:
        """When it was queued."""
        return moment(obj.created_at)

    @display(description=gettext_lazy("Failed attempts"), ordering="attempts")
    def failures(self, obj: OutgoingMail) -> int:
        """How often it could not be sent."""
        return obj.attempts

    @display(description=pgettext_lazy("mail", "Fault"))
    def shown_fault(self, obj: OutgoingMail) -> str:
        """The mail server's code, or ours."""
        return obj.fault or "–"

    @display(description=pgettext_lazy("mail", "Sent"), ordering="sent_at")
    def sent(self, obj: OutgoingMail) -> str:
        """When it left."""
        return moment(obj.sent_at)

    @display(description=gettext_lazy("Kind"))
    def shown_kind(self, obj: OutgoingMail) -> str:
        """The kind in words."""
        return str(mail_words.KINDS.get(obj.kind, obj.kind))

    @display(description=pgettext_lazy("mail", "To"))
    def receiver(self, obj: OutgoingMail) -> str:
        """A colleague by name; who asked is only "the person"."""
        return obj.user.name if obj.user else _("The person")

    @display(description=pgettext_lazy("mail", "State"))
    def shown_state(self, obj: OutgoingMail) -> str:
        """Where it stands, in words."""
        return str(mail_words.STATES[obj.state])

    @action(description=gettext_lazy("Try again"), permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        """Queue the chosen ones again, as far as they could not be sent."""
        actor = Actor.staff(cast("User", request.user))
        done, refused = 0, []
        for row in queryset.select_related("case", "delivery").order_by("pk"):
            try:
                done += mail.retry(actor=actor, mail=row)
            except ValidationError as error:
                refused += error.messages
        for said in refused:
            messages.warning(request, said)
        if done:
            said = ngettext("%(n)d mail is tried again.", "%(n)d mails are tried again.", done) % {"n": done}
            messages.success(request, said)
        elif not refused:
            messages.warning(request, _("Only mail that could not be sent can be tried again."))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """By role."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        """By role: being superuser vouches for nothing."""
        return access.may(request.user, "view_outgoingmail")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Mail comes from what happens."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        """Trying again is all there is; a row's fields are never edited."""
        return obj is None and access.may(request.user, "change_outgoingmail")

    def has_delete_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        """A row says what was sent."""
        return False


def register_pages(site: AdminSite) -> None:
    """Put the list in the admin."""
    site.register(OutgoingMail, OutgoingMailAdmin)
