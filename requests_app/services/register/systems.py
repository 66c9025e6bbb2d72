"""How each system is gathered from: its connector, settings and secrets, tried before they are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import get_language, gettext as _

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, SaysPlaces, SettingType, settings_spec, shape
from requests_app.connectors.described.text import Described
from requests_app.connectors.pem import with_lines, without_lines
from requests_app.connectors.settings import check_settings
from requests_app.models import System, SystemSecret, SystemVersion
from requests_app.services.audit import unit
from requests_app.services.flaw_words import flaw_sentence
from requests_app.services.keys import open_secret, seal_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from requests_app.connectors.base import Connector, SettingSpec
    from requests_app.services.audit import Actor, Unit


def current_version(system: System) -> SystemVersion:
    """The newest version of how the system is gathered from; ``SystemVersion.DoesNotExist`` when it has none."""
    return system.versions.order_by("-n")[:1].get()


def secrets_of(system: System) -> dict[str, str]:
    """The secrets of the system's connector, opened. Never show, log or store what this gives."""
    return {secret.name: open_secret(system, secret.name, secret.enc) for secret in system.secrets.all()}


def profile_systems(profile_key: str) -> list[System]:
    """The systems that a search profile proposes, in the register's order; none for a profile that is not there."""
    return list(System.objects.filter(profiles__key=profile_key, active=True).order_by("position", "key"))


def configure(
    *,
    actor: Actor,
    system: System,
    connector: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
    expiries: Mapping[str, date | None] | None = None,
) -> SystemVersion:
    """Write a new version of how a system is gathered from.

    A secret that is not given, or given empty, stays as it is. ``expiries`` has the last day of secrets, as far as it is known;
    of a certificate its own end counts. What fits no setting of the connector, is missing or of
    the wrong sort raises ``ValidationError`` with a message per field. Nothing new is written when nothing changes.
    """
    with unit(actor) as work:
        system = System.objects.select_for_update(no_key=True).get(pk=system.pk)
        given = {name: without_lines(value) for name, value in (secrets or {}).items() if value}
        chosen, values, held = checked(system=system, connector=connector, settings=settings, secrets=given)
        kept = secrets_of(system)
        changed = sorted(name for name, value in given.items() if kept.get(name) != value)
        ends = {name: _end_of(held[name]) or day for name, day in (expiries or {}).items() if name in held}
        ends |= {name: day for name in changed if (day := _end_of(given[name]))}
        before = system.versions.order_by("-n").first()
        if before and (before.connector, before.settings) == (connector, values) and not changed:
            _keep_ends(work, system, ends)
            return before
        system.secrets.exclude(name__in=held).delete()
        for name in changed:
            SystemSecret.objects.update_or_create(
                system=system, name=name, defaults={"enc": seal_secret(system, name, given[name])}
            )
        version = SystemVersion.objects.create(
            system=system, n=(before.n if before else 0) + 1, connector=connector, settings=values, by=actor.user
        )
        if system.at_once is None and (limit := shape(chosen, values).at_once):
            system.at_once = limit
            system.save(update_fields=["at_once"])
        work.event("system.configured", system=system.key, version=version.n, secrets=changed)
        _keep_ends(work, system, ends)
        return version


def _keep_ends(work: Unit, system: System, ends: Mapping[str, date | None]) -> None:
    """Note until when secrets hold; what changes is logged."""
    changed = []
    for secret in system.secrets.filter(name__in=ends):
        if secret.expires_on != ends[secret.name]:
            secret.expires_on = ends[secret.name]
            secret.save(update_fields=["expires_on"])
            changed.append(secret.name)
    if changed:
        work.event("system.expiry_set", system=system.key, secrets=sorted(changed))


def _end_of(secret: str) -> date | None:
    """The last day of a certificate, in Swedish time; None for any other secret."""
    if "-----BEGIN CERTIFICATE-----" not in secret:
        return None
    try:
        ends = x509.load_pem_x509_certificate(with_lines(secret).encode()).not_valid_after_utc
    except ValueError:
        return None
    return localdate(ends)


_PLACES = frozenset({"host", "port"})
"""Settings that say where a system is, beside its addresses."""


def checked(
    *, system: System, connector: str, settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[Connector, dict[str, Any], dict[str, str]]:
    """The connector, the settings that are filled in and every secret, the kept ones too, of what an administrator wrote.

    What fits no setting, is missing or of the wrong sort raises ``ValidationError`` with a message per field. Writes nothing.
    """
    chosen = connector_named(connector)
    names = {spec.key for spec in settings_spec(chosen, settings) if spec.secret}
    given = {name: without_lines(value) for name, value in secrets.items() if value}
    kept = {name: value for name, value in secrets_of(system).items() if name in names}
    values = {key: value for key, value in settings.items() if value is not None and value != ""}
    _validate(chosen, values, {**kept, **given})
    see_that_secrets_stay(system, chosen, values, set(kept) - set(given))
    return chosen, values, {**kept, **given}


def see_that_secrets_stay(
    system: System, connector: Connector, settings: Mapping[str, Any], kept: Collection[str]
) -> None:
    """Raise ``ValidationError`` when kept secrets would be sent elsewhere than the settings that count say: then they are entered anew.

    Nobody can read a secret by changing an address, and a slip in one gives it to nobody.
    """
    before = system.versions.order_by("-n").first()
    if before is not None and kept and _leads(connector, before.settings) != _leads(connector, settings):
        said = _("The address is another than before. Enter this again, so that it goes nowhere by mistake.")
        raise ValidationError(dict.fromkeys(kept, said))


def _leads(connector: Connector, settings: Mapping[str, Any]) -> list[str]:
    """Where a system's secrets would be sent: every address and host of its settings, and those its description says itself."""
    places = [
        f"{spec.key}={settings.get(spec.key) or ''}"
        for spec in settings_spec(connector, settings)
        if spec.type is SettingType.URL or spec.key in _PLACES
    ]
    if isinstance(connector, SaysPlaces):
        places += connector.places_of(settings)
    return sorted(place.rstrip("/") for place in places)


def connector_named(key: str) -> Connector:
    """The connector of that key; ``ValidationError`` when there is none."""
    try:
        return registry.get(key)
    except LookupError:
        raise ValidationError({"connector": _("There is no such connector.")}) from None


def _validate(connector: Connector, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Every fault at once, by field; only what is right in itself is shown to the connector's own check."""
    all_specs = settings_spec(connector, settings)
    specs = {spec.key: spec for spec in all_specs}
    errors: dict[str, Any] = {
        name: _("The connector has no such setting.")
        for name in set(settings) - {key for key in specs if not specs[key].secret}
    }
    errors |= {
        name: _("The connector has no such secret.")
        for name in set(secrets) - {key for key in specs if specs[key].secret}
    }
    for spec in all_specs:
        try:
            check_settings([spec], settings, secrets)
        except ConnectorError as error:
            errors[spec.key] = _in_words(error, spec)
        else:
            if spec.type is SettingType.DESCRIPTION and isinstance(connector, Described):
                flaws = connector.flaws_of(settings.get(spec.key, ""))
                told = [ValidationError(flaw_sentence(flaw), code=f"line:{flaw.line}") for flaw in flaws]
                errors |= {spec.key: told} if told else {}
    if not errors:
        try:
            connector.check(settings, secrets)
        except ConnectorError as error:
            name = str(error.params.get("setting") or error.params.get("secret") or "connector")
            errors[name] = _in_words(error, specs.get(name))
    if errors:
        raise ValidationError(errors)


def _in_words(error: ConnectorError, spec: SettingSpec | None) -> str:
    label = (
        _("The setting")
        if spec is None
        else spec.label_en
        if (get_language() or "sv").startswith("en")
        else spec.label_sv
    )
    if error.fault is Fault.SECRET_MISSING:
        return _("%(setting)s is missing.") % {"setting": label}
    if spec is not None and spec.type is SettingType.URL:
        said = _(
            "%(setting)s must be a whole address that begins with https:// and has no user name, password, ? or # in it."
        )
        return said % {"setting": label}
    return _("%(setting)s is missing or cannot be used as it is written.") % {"setting": label}
