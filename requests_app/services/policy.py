"""What law and business leave open: versions of ``Policy``, never changed, only followed by a next.

Moving open cases to a new version is the clock's business (``clock.recalculate_open``): call it after ``change``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.documents import values as documents
from requests_app.models import Policy, Team
from requests_app.services.access import may
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from requests_app.models import User


STANDING_RULES = ("staff_names", "third_party_contacts")
"""The closed list of standing rules (product: staff names in logs, third-party contact details)."""


class PolicyError(ValueError):
    """A policy whose values have the wrong shape. ``path`` is the value at fault, such as ``sender.email``."""

    def __init__(self, path: str) -> None:
        super().__init__(f"policy: {path}")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in both languages."""

    sv: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.sv


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderValues:
    """Who answers, as it stands in the head of every document."""

    name: str = "Halmstads Energi och Miljö AB"
    unit: Text = field(default_factory=lambda: Text(sv="Personuppgiftssamordnare", en="Personal data coordinator"))
    address: tuple[str, ...] = ("Box 31", "301 02 Halmstad")
    email: str = "info@hem.se"
    phone: str = ""
    web: str = "www.hem.se"
    org_no: str = ""
    dpo: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyValues:
    """Where the person can turn (Art. 12.4, 13.2 d, 15.1 f)."""

    authority: Text = field(
        default_factory=lambda: Text(
            sv="Integritetsskyddsmyndigheten (IMY)",
            en="the Swedish Authority for Privacy Protection (Integritetsskyddsmyndigheten, IMY)",
        )
    )
    lines: tuple[str, ...] = ("Box 8114, 104 20 Stockholm", "imy@imy.se", "08-657 61 00", "www.imy.se")
    # A municipally owned company is not an authority under chapter 7 section 2 of the Data Protection Act: no administrative court.
    court: Text = field(
        default_factory=lambda: Text(
            sv=(
                "Du kan också vända dig till tingsrätten om du anser att vi har behandlat dina personuppgifter i strid med "
                "dataskyddsförordningen (artikel 79) eller om du vill begära skadestånd (artikel 82)."
            ),
            en=(
                "You can also bring a case before the district court (tingsrätten) if you consider that we have processed your "
                "personal data in breach of the GDPR (Article 79), or if you wish to claim damages (Article 82)."
            ),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """One version's values. The defaults are what version 1 is written with."""

    eves_are_holidays: bool = False
    """Whether midsommarafton, julafton and nyårsafton move a date as public holidays do; False gives the earlier date."""
    pause_within_working_days: int = 3
    """How soon completion must be asked for if waiting for it is to count as a pause (EDPB 01/2022 § 159)."""
    reminders: tuple[int, ...] = (14, 7, 3, 1)
    """Days before the statutory date on which the handler is reminded."""
    escalate_after_working_days: int = 3
    """How long an approval or a question to legal waits before the substitute is told."""
    four_eyes: bool = True
    """Whether refusals, withheld substance and erasure beyond marketing data need a second person."""
    remind_unfetched_days: int = 14
    """Days after which an answer that nobody has fetched on Mina sidor comes back to the handler."""
    owner_link_days: int = 14
    """Days after which a link to the owner of a system has run out; at the case's last day to answer at the latest."""
    owner_remind_after_working_days: int = 3
    """How long an owner is left in peace after a mail before the next."""
    owner_last_reminder_working_days: int = 2
    """Working days before the case's last day when the owner is reminded for the last time and the handler is told."""
    default_team: str = "kund"
    """Key of the team that gets cases nothing else has placed."""
    gathered_key_days: int = 30
    """Days after closing when the key of the gathered data is destroyed, if nothing holds it."""
    sender: SenderValues = field(default_factory=SenderValues)
    remedies: RemedyValues = field(default_factory=RemedyValues)
    standing_masks: tuple[str, ...] = ()
    """Codes of ``STANDING_RULES`` that hold: what is masked in every case. Only legal changes them."""
    backups: Text = field(
        default_factory=lambda: Text(
            sv=(
                "Uppgifterna finns kvar i våra säkerhetskopior tills kopiorna skrivs över. "
                "Om vi återställer en kopia raderar vi uppgifterna igen."
            ),
            en="The data stays in our backups until these are overwritten. If we restore a backup, we erase the data again.",
        )
    )

    def as_json(self) -> dict[str, Any]:
        """The values as ``Policy.values`` holds them."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def read(raw: Mapping[str, Any]) -> PolicyValues:
    """The values of one version. Strict: an unknown or wrongly typed value raises ``PolicyError`` naming it."""
    values: PolicyValues = _read(PolicyValues(), raw, "")
    if values.pause_within_working_days < 0 or values.pause_within_working_days > 31:
        raise PolicyError("pause_within_working_days")
    if any(days < 1 or days > 92 for days in values.reminders) or list(values.reminders) != sorted(
        set(values.reminders), reverse=True
    ):
        raise PolicyError("reminders")
    if not 1 <= values.escalate_after_working_days <= 31:
        raise PolicyError("escalate_after_working_days")
    if not 1 <= values.gathered_key_days <= 3650:
        raise PolicyError("gathered_key_days")
    if not 1 <= values.remind_unfetched_days <= 365:
        raise PolicyError("remind_unfetched_days")
    if not 1 <= values.owner_link_days <= 92:
        raise PolicyError("owner_link_days")
    if not 1 <= values.owner_remind_after_working_days <= 31:
        raise PolicyError("owner_remind_after_working_days")
    if not 1 <= values.owner_last_reminder_working_days <= 20:
        raise PolicyError("owner_last_reminder_working_days")
    if not set(values.standing_masks) <= set(STANDING_RULES) or len(set(values.standing_masks)) < len(
        values.standing_masks
    ):
        raise PolicyError("standing_masks")
    for path, text in _required_texts(values):
        if not text.strip():
            raise PolicyError(path)
    return values


def _required_texts(values: PolicyValues) -> list[tuple[str, str]]:
    """What no letter can do without: its sender, an address to answer to and the remedies of Art. 12.4 in both languages."""
    sender, remedies = values.sender, values.remedies
    found = [("sender.name", sender.name), ("sender.email", sender.email), ("sender.address", "".join(sender.address))]
    for path, text in (
        ("remedies.authority", remedies.authority),
        ("remedies.court", remedies.court),
        ("backups", values.backups),
    ):
        found += [(f"{path}.sv", text.sv), (f"{path}.en", text.en)]
    return found


def _read(pattern: Any, raw: Any, path: str) -> Any:
    """``raw`` in the shape of ``pattern``: the same dataclass, a tuple of the same items, or a value of the same type."""
    if hasattr(pattern, "__dataclass_fields__"):
        names = [item.name for item in fields(pattern)]
        needed = {item.name for item in fields(pattern) if item.default is MISSING and item.default_factory is MISSING}
        if not isinstance(raw, Mapping):
            raise PolicyError(path)
        if odd := sorted((set(raw) - set(names)) | (needed - set(raw))):
            raise PolicyError(f"{path}.{odd[0]}".lstrip("."))
        return type(pattern)(
            # a version written before a value was thought of has the value's default
            **{
                name: _read(getattr(pattern, name), raw[name], f"{path}.{name}".lstrip("."))
                for name in names
                if name in raw
            }
        )
    if isinstance(pattern, tuple):
        if not isinstance(raw, list | tuple):
            raise PolicyError(path)
        return tuple(_read(pattern[0] if pattern else "", item, path) for item in raw)
    if type(raw) is not type(pattern):  # not isinstance: True would pass for a number
        raise PolicyError(path)
    return raw


def ensure_policy() -> Policy:
    """The newest version; version 1 with the defaults is written when there is none."""
    return Policy.objects.order_by("-version").first() or Policy.objects.create(
        version=1, values=PolicyValues().as_json()
    )


def values_of(policy: Policy) -> PolicyValues:
    """The values of one version."""
    return read(policy.values)


def current() -> tuple[Policy, PolicyValues]:
    """The version in force now and its values."""
    policy = Policy.objects.filter(valid_from__lte=timezone.now()).order_by("-version").first() or ensure_policy()
    return policy, values_of(policy)


def change(*, actor: Actor, values: Mapping[str, Any], approved_by: User | None = None) -> Policy:
    """Write a next version from ``values``, whole or only what changes (``{"sender": {"phone": "..."}}``).

    Nothing is written when nothing changes. Only legal changes what is masked in every case, and has then approved it.
    Raises ``ValidationError`` in words that name the value at fault.
    """
    with unit(actor) as work:
        newest = Policy.objects.select_for_update().order_by("-version").first() or ensure_policy()
        merged = _merged(newest.values, values)
        try:
            read_values = read(merged)
        except PolicyError as error:
            raise ValidationError(
                _("This value of the policy cannot be used: %(value)s.") % {"value": error.path}
            ) from None
        if not Team.objects.filter(key=read_values.default_team).exists():
            raise ValidationError(_("There is no team with the key %(team)s.") % {"team": read_values.default_team})
        after = read_values.as_json()
        changed = sorted(key for key in after if after[key] != newest.values.get(key))
        if not changed:
            return newest
        if set(after["standing_masks"]) != set(newest.values.get("standing_masks", ())):
            if actor.user is None or not may(actor.user, "approve_decision"):
                raise ValidationError({"standing_masks": _("Only legal can change what is masked in every case.")})
            approved_by = actor.user
        version = (Policy.objects.aggregate(last=Max("version"))["last"] or 0) + 1
        policy = Policy.objects.create(version=version, values=after, by=actor.user, approved_by=approved_by)
        work.event("policy.changed", version=version, keys=changed)
        return policy


def _merged(before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for key, value in change.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else value
    return merged


def sender(values: PolicyValues, lang: documents.Lang) -> documents.Sender:
    """The controller as documents print it."""
    who = values.sender
    return documents.Sender(
        name=who.name,
        org_no=who.org_no,
        address=who.address,
        email=who.email,
        phone=who.phone,
        web=who.web,
        unit=who.unit[lang],
        dpo=who.dpo,
    )


def remedies(values: PolicyValues, lang: documents.Lang) -> documents.Remedies:
    """Where the person can turn, as documents print it."""
    where = values.remedies
    return documents.Remedies(authority=where.authority[lang], authority_lines=where.lines, court=where.court[lang])
