"""The clients of the API: their secrets, of which only keyed hashes are kept, and their short-lived tokens (RFC 6749, 4.4)."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import Scope
from requests_app.domain.eid import is_address
from requests_app.models import ApiClient, ApiToken, IdemKey
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, written
from requests_app.services.keys import mac_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN_SECONDS = 600
OLD_SECRET_HOLDS = timedelta(hours=24)
"""How long the secret before the last change still opens, unless it was let out and stops at once."""
KEYS_KEPT = timedelta(days=8)
"""Idempotency keys are promised for seven days."""
MOST_PER_MINUTE = 6_000
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Made:
    """A new client, or one with a new secret. ``secret`` is shown once."""

    client: ApiClient
    secret: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls with a token: the client, and what the token lets it do."""

    client: ApiClient
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """How the log names the client."""
        return actor_of(self.client)


def actor_of(client: ApiClient) -> Actor:
    """The client in the log, by id and name: the name stays readable when it is changed."""
    return Actor(f"client:{client.client_id}:{client.name}"[:80])


def create(*, actor: Actor, name: str, issuer: str, scopes: Iterable[str], per_minute: int = 120) -> Made:
    """Make a client that speaks for the persons of ``issuer``. ``ValidationError`` by field."""
    user = member_of_staff(actor)
    fields = _checked(name, issuer, scopes, per_minute)
    secret = _new_secret()
    with unit(actor) as work:
        client = ApiClient.objects.create(client_id=secrets.token_hex(10), secret_mac=_mac(secret), by=user, **fields)
        work.event("client.created", client=client.client_id, scopes=client.scopes)
    return Made(client, secret)


def change(
    *,
    actor: Actor,
    client: ApiClient,
    name: str,
    issuer: str,
    scopes: Iterable[str],
    per_minute: int,
    active: bool,
) -> bool:
    """Change what a client is and may do; it holds at once, for tokens that are out too. False when nothing changed."""
    member_of_staff(actor)
    fields = {**_checked(name, issuer, scopes, per_minute), "active": active}
    with unit(actor) as work:
        client = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
        changed = sorted(key for key, value in fields.items() if getattr(client, key) != value)
        if not changed:
            return False
        ApiClient.objects.filter(pk=client.pk).update(**fields)
        if not active:
            client.tokens.all().delete()
        work.event("client.changed", client=client.client_id, fields=changed, scopes=fields["scopes"], active=active)
        return True


def change_secret(*, actor: Actor, client: ApiClient, at_once: bool = False) -> Made:
    """Give a client a new secret. The old one opens for another day, or with ``at_once`` no more, and no token that is out either."""
    member_of_staff(actor)
    secret = _new_secret()
    with unit(actor) as work:
        client = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
        client.old_secret_mac = None if at_once else client.secret_mac
        client.old_secret_until = None if at_once else timezone.now() + OLD_SECRET_HOLDS
        client.secret_mac = _mac(secret)
        client.save(update_fields=["secret_mac", "old_secret_mac", "old_secret_until"])
        if at_once:
            client.tokens.all().delete()
        work.event("client.secret_changed", client=client.client_id, at_once=at_once)
    return Made(client, secret)


def find(client_id: str) -> ApiClient | None:
    """The active client with this id."""
    return ApiClient.objects.filter(client_id=client_id[:40], active=True).first() if "\x00" not in client_id else None


def opens(client: ApiClient, secret: str) -> bool:
    """Whether it is the client's secret, or the one before while that still holds."""
    held = [bytes(client.secret_mac)]
    if client.old_secret_mac and client.old_secret_until and client.old_secret_until > timezone.now():
        held.append(bytes(client.old_secret_mac))
    given = mac_keys().all_macs("api-secret", secret)
    return client.active and any([hmac.compare_digest(one, other) for one in held for other in given])


def allowed(client: ApiClient, wanted: Iterable[str] | None) -> list[str] | None:
    """What a token may hold: what was asked for, or all the client has; None when more was asked for than it has."""
    held = [scope.value for scope in Scope if scope.value in client.scopes]
    if wanted is None:
        return held
    return [scope for scope in held if scope in set(wanted)] if set(wanted) <= set(held) else None


def issue(client: ApiClient, scopes: Iterable[str], token: str) -> ApiToken:
    """Keep a token that is being handed out; only its hash is."""
    with unit(actor_of(client)) as work:
        made = ApiToken.objects.create(
            client=client,
            mac=mac_keys().mac("api-token", token),
            scopes=sorted(scopes),
            expires_at=timezone.now() + timedelta(seconds=TOKEN_SECONDS),
        )
        work.event("login.succeeded", door="api")
    return made


def caller(token: str) -> Caller | None:
    """Who calls with this token; None when it is unknown or has expired, or the client has been stopped.

    What has been taken from the client since, its token does not give either.
    """
    now = timezone.now()
    found = (
        ApiToken.objects.select_related("client")
        .filter(mac__in=mac_keys().all_macs("api-token", token), expires_at__gt=now, client__active=True)
        .first()
    )
    if found is None:
        return None
    client = found.client
    if client.last_used_at is None or now - client.last_used_at > _SEEN_EVERY:
        ApiClient.objects.filter(pk=client.pk).update(last_used_at=now)
    return Caller(client, frozenset(found.scopes) & frozenset(client.scopes))


def sweep() -> int:
    """Delete tokens that have expired and idempotency keys that are no longer promised. Gives how many rows went."""
    now = timezone.now()
    tokens, _kinds = ApiToken.objects.filter(expires_at__lt=now).delete()
    keys, _kinds = IdemKey.objects.filter(at__lt=now - KEYS_KEPT).delete()
    return tokens + keys


def _new_secret() -> str:
    return f"hemdsr_{secrets.token_urlsafe(32)}"


def _mac(secret: str) -> bytes:
    return mac_keys().mac("api-secret", secret)


def _checked(name: str, issuer: str, scopes: Iterable[str], per_minute: int) -> dict[str, object]:
    name = written("name", name, _("Write what the system is called."), limit=80)
    issuer = written(
        "issuer", issuer, _("Write the issuer, exactly as it stands in the tokens of the logins."), limit=200
    )
    if not is_address(issuer):
        # our own names for logins that no provider vouches for, such as by a mailed link, are no addresses
        raise ValidationError({"issuer": _("Write the issuer as an address that begins with https://.")})
    wanted = set(scopes)
    if not wanted or wanted - {scope.value for scope in Scope}:
        raise ValidationError({"scopes": _("Choose what the system may do.")})
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise ValidationError({"per_minute": _("Write a number from 1 to %(most)d.") % {"most": MOST_PER_MINUTE}})
    return {"name": name, "issuer": issuer, "scopes": sorted(wanted), "per_minute": per_minute}
