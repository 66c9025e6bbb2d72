"""System checks of our own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as Caution, register


def log_is_guarded(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The log's triggers stand in the database."""
    if not databases or "default" not in databases:
        return []
    from requests_app.services.audit import triggers_missing

    missing = triggers_missing()
    if not missing:
        return []
    return [
        Error(f"The log can be changed: {', '.join(missing)} missing.", hint="Run manage.py migrate.", id="hemdsr.E001")
    ]


def declined_addresses_are_known(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Every hash key stands in the settings that the list of who declined marketing was made with."""
    if not databases or "default" not in databases:
        return []
    from django.db import DatabaseError

    from requests_app.crypto.errors import BadKeys
    from requests_app.crypto.keyring import parse_keys
    from requests_app.models import Suppression

    try:
        used = set(Suppression.objects.values_list("mac_key_id", flat=True).distinct())
        missing = used - set(parse_keys(settings.MAC_KEYS)[0])
    except (DatabaseError, BadKeys):  # no tables yet; the keys are told of by their own check
        return []
    if not missing:
        return []
    said = f"Hash keys are missing: {', '.join(sorted(missing))}. Who declined marketing under them is no longer known."
    return [Caution(said, hint="Put them back at the end of HEMDSR_MAC_KEYS.", id="hemdsr.W005")]


def no_demo_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demo logins and the sandbox are for one's own machine."""
    if not settings.DEMO:
        return []
    return [Error("HEMDSR_DEMO is on: anybody can log in as anybody.", hint="Unset HEMDSR_DEMO.", id="hemdsr.E002")]


def keys_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Master keys, hash keys and the log's key are well formed."""
    from requests_app.crypto.errors import BadKeys
    from requests_app.crypto.keyring import parse_keys

    found: list[CheckMessage] = []
    for name in ("MASTER_KEYS", "MAC_KEYS", "AUDIT_KEY"):
        try:
            parse_keys(getattr(settings, name))
        except BadKeys as error:
            found.append(Error(f"HEMDSR_{name}: {error}", id="hemdsr.E003"))
    return found


def mail_leaves(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Mail goes to a mail server: as files it would reach nobody, and lie about with addresses in them."""
    if settings.EMAIL_BACKEND != "requests_app.services.outbox.OutboxBackend":
        return []
    return [Error("HEMDSR_EMAIL_URL is not set: no mail leaves.", hint="Set it to a mail server.", id="hemdsr.E004")]


def register_all() -> None:
    """Called once when the app is ready."""
    register(Tags.database)(log_is_guarded)
    register(Tags.database)(declined_addresses_are_known)
    register(Tags.security, deploy=True)(no_demo_in_production)
    register(Tags.security, deploy=True)(mail_leaves)
    register(Tags.security)(keys_can_be_read)
