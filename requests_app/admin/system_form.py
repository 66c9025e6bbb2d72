"""How a system is gathered from, as a form built of what its connector says it needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import get_language, gettext as _

from requests_app.admin.forms import StyledForm, style
from requests_app.connectors import registry
from requests_app.connectors.base import SettingSpec, SettingType, settings_spec, shape
from requests_app.domain.identifiers import IdentifierKind
from requests_app.web.forms import DayField

if TYPE_CHECKING:
    from datetime import date

    from requests_app.connectors.base import Connector
    from requests_app.models import System

PREFIX = "setting_"
ENDS = "ends_"
_CARRIED = 60


def label_of(thing: Any) -> str:
    """What a connector or one of its settings is called in the language in use."""
    return str(thing.label_sv if (get_language() or "sv").startswith("sv") else thing.label_en)


def connector_label(key: str) -> str:
    """The connector's name; its key when the package that brought it is gone."""
    try:
        return label_of(registry.get(key))
    except LookupError:
        return key


def _connector(key: str) -> Connector | None:
    try:
        return registry.get(key)
    except LookupError:
        return None


class ConnectorForm(StyledForm):
    """Connector and its settings. Secrets are written, never read: an empty field leaves the secret as it is."""

    connector = forms.ChoiceField(label="", widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        system: System,
        chosen: str = "",
        version: str = "",
        keep_secrets: bool = False,
        **options: Any,
    ) -> None:
        """``version``: the number of an older version to show. ``keep_secrets``: what was typed goes back to who typed it."""
        held_versions = system.versions.order_by("-n")
        older = held_versions.filter(n=int(version)).first() if version.isdecimal() and len(version) < 9 else None
        newest = held_versions.first()
        version_ = older or newest
        self.older = older.n if older and newest and older.n != newest.n else 0
        """The number of the version that is shown, when it is not the one that counts."""
        current = version_.connector if version_ else "manual"
        posted = args[0].get("connector", "") if args and args[0] else ""
        key = next((item for item in (posted, chosen, current) if item and _connector(item)), "manual")
        self.connector = _connector(key)
        self.choices = [(item.key, label_of(item), item.key == key) for item in registry.all_connectors()]
        super().__init__(*args, **options)
        self.fields["connector"].choices = [(item.key, label_of(item)) for item in registry.all_connectors()]  # type: ignore[attr-defined]
        self.fields["connector"].initial = key
        held = dict(version_.settings) if version_ and version_.connector == key else {}
        written = {name.removeprefix(PREFIX): text for name, text in args[0].items()} if args and args[0] else held
        specs = settings_spec(self.connector, written) if self.connector else ()
        found = shape(self.connector, written) if self.connector else None
        self.files_requests = bool(found and found.files_requests)
        self.number_unused = bool(
            found and IdentifierKind.PERSONNUMMER in found.searches_by and not system.needs_personnummer
        )
        """Whether it could be searched by personal identity number, and the register does not let it."""
        specs = tuple(
            sorted(specs, key=lambda spec: spec.type is SettingType.DESCRIPTION)
        )  # it is long: the rest before it
        self.specs: dict[str, SettingSpec] = {spec.key: spec for spec in specs}
        self.carried = [
            (name, text)
            for name, text in (args[0].items() if args and args[0] and keep_secrets else ())
            if name.startswith((PREFIX, ENDS)) and name.removeprefix(PREFIX).removeprefix(ENDS) not in self.specs
        ][:_CARRIED]
        """What was typed in fields that are not there while the description cannot be read: it comes back with them."""
        set_secrets = {secret.name: secret.expires_on for secret in system.secrets.all()}
        for spec in self.specs.values():
            field = _field(spec, held.get(spec.key, spec.default), spec.key in set_secrets, keep_secrets)
            style(field.widget)
            self.fields[self.field_name(spec.key)] = field
            if spec.secret:
                label = _("%(key)s: the last day it holds, if it ends") % {"key": label_of(spec)}
                ends = DayField(label=label, required=False, initial=set_secrets.get(spec.key))
                style(ends.widget)
                self.fields[ENDS + spec.key] = ends

    @staticmethod
    def field_name(key: str) -> str:
        """The form's name of a setting."""
        return f"{PREFIX}{key}"

    def configuration(self) -> dict[str, Any]:
        """What ``register.configure`` is given: connector, settings and newly written secrets."""
        values = {key: self.cleaned_data.get(self.field_name(key)) for key in self.specs}
        return {
            "connector": self.cleaned_data["connector"],
            "settings": {key: value for key, value in values.items() if not self.specs[key].secret},
            "secrets": {key: value for key, value in values.items() if self.specs[key].secret and value},
        }

    def ends(self) -> dict[str, date | None]:
        """The last day of each secret, as far as it is noted."""
        return {key: self.cleaned_data.get(ENDS + key) for key, spec in self.specs.items() if spec.secret}


def _field(spec: SettingSpec, value: Any, is_set: bool, keep_secrets: bool) -> forms.Field:
    label = label_of(spec)
    if spec.secret:
        widget = forms.PasswordInput(render_value=keep_secrets, attrs={"autocomplete": "new-password"})
        known = _("A value is set. Leave the field empty to keep it.") if is_set else _("No value is set.")
        return forms.CharField(label=label, required=False, widget=widget, help_text=known)
    if spec.type is SettingType.BOOLEAN:
        return forms.BooleanField(label=label, required=False, initial=bool(value))
    if spec.type is SettingType.INTEGER:
        return forms.IntegerField(label=label, required=False, initial=value)
    if spec.type is SettingType.CHOICE:
        choices = [(choice, choice) for choice in spec.choices]
        return forms.ChoiceField(label=label, required=False, choices=choices, initial=value)
    if spec.type is SettingType.JSON:
        text = json.dumps(value, ensure_ascii=False, indent=2) if value is not None else ""
        return JsonText(
            label=label, required=False, initial=text, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})
        )
    if spec.type is SettingType.DESCRIPTION:
        widget = forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "class": "dsr-code"})
        return forms.CharField(label=label, required=False, initial=value, strip=False, widget=widget)
    if spec.type is SettingType.LINES:
        widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})
        return forms.CharField(label=label, required=False, initial=value, widget=widget)
    return forms.CharField(label=label, required=False, initial=value)


class JsonText(forms.CharField):
    """JSON that is kept as it was typed when it is wrong."""

    def clean(self, value: Any) -> Any:
        """The value, or where the fault is."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(
                _("This is not JSON: the fault is on line %(line)d.") % {"line": error.lineno}
            ) from None
