"""An answer by mail: one PDF encrypted with AES-256, and its password, which goes another way and is then erased."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.documents.encrypted import combine, encrypt
from requests_app.domain.rights import ContactBasis
from requests_app.models import Case, Delivery, StoredFile
from requests_app.services import files
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from collections.abc import Sequence

KIND = "encrypted"
"""``StoredFile.kind`` of what is mailed."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that are taken for each other when they are read aloud or written by hand: i, l, o, 0 and 1."""
GROUPS, GROUP = 4, 5
"""Twenty signs of thirty-one: 99 bits."""
MAX_MAIL = 18 * 1024 * 1024
"""Bytes of an encrypted PDF; base64 makes it a third larger, and many mail servers take 25 MB."""
SECRET_WAYS = ("phone", "sms", "post", "visit")
"""How a password is given: never by mail, where the answer itself lies."""


def new_password() -> str:
    """A password that can be said on the telephone: four groups of five signs."""
    return "-".join("".join(secrets.choice(ALPHABET) for _n in range(GROUP)) for _m in range(GROUPS))


def ordered(stored: Sequence[StoredFile]) -> list[StoredFile]:
    """The PDFs of an answer in reading order: letters first, then the extract. What is no PDF is not among them."""
    pdfs = [item for item in stored if item.kind != "package"]
    return sorted(pdfs, key=lambda item: (item.kind == "extract", item.pk))


def bundle(vault: Vault, stored: Sequence[StoredFile]) -> bytes:
    """The PDFs of an answer as one, to print."""
    return combine([files.read(vault, item) for item in ordered(stored)])


def build(vault: Vault, stored: Sequence[StoredFile], password: str) -> bytes:
    """The whole answer as one encrypted PDF: letters and extract to read, the machine-readable copy attached inside.

    Raises ``ValidationError`` when it is too large to be mailed.
    """
    packages = [item for item in stored if item.kind == "package"]
    if sum(item.size for item in packages) > MAX_MAIL:  # compressed already, so the rest need not be tried
        raise _too_large()
    attached = {files.name_of(vault, item): files.read(vault, item) for item in packages}
    made = encrypt(bundle(vault, stored), password, attached)
    if len(made) > MAX_MAIL:
        raise _too_large()
    return made


def _too_large() -> ValidationError:
    return ValidationError({"way": _("The answer is too large to be mailed. Choose another way.")})


def keep(work: Unit, case: Case, vault: Vault, data: bytes, *, name: str, right: str) -> StoredFile:
    """Store the encrypted PDF, sealed as every file of the case. The case must be locked."""
    stored = files.store(case, vault, purpose=DOSSIER, kind=KIND, name=name, data=data, right=right)
    work.event("document.rendered", case, kind=KIND, file=stored.ref, sha256=stored.sha256, pages=0)
    return stored


def seal(vault: Vault, delivery: Delivery, password: str) -> None:
    """Keep the password with the delivery until it has been given."""
    delivery.secret_enc = vault.seal(DOSSIER, password, "secret", delivery.pk)
    Delivery.objects.filter(pk=delivery.pk).update(secret_enc=delivery.secret_enc)


def show(*, actor: Actor, delivery: Delivery) -> str:
    """The password of a mailed answer, for who works the case; that it was shown is logged. ``Conflict`` when it is erased."""
    member_of_staff(actor)
    with unit(actor) as work:
        case = lock(delivery.case)
        held = Delivery.objects.get(pk=delivery.pk)
        password: str | None = Vault(case).unseal(DOSSIER, held.secret_enc, "secret", held.pk)
        if not password:
            raise Conflict
        work.event("delivery.secret_shown", case, delivery=held.pk)
        return password


def given(*, actor: Actor, delivery: Delivery, way: str, basis: ContactBasis) -> None:
    """Note that the person has got the password, and erase it.

    It goes to contact details held before the request or to the person at a visit. To a number or an address that only the
    request states it is given by somebody else than who sent the answer, so that no one person sends both.
    """
    user = member_of_staff(actor)
    if way not in SECRET_WAYS:
        raise ValidationError({"secret_way": _("Choose how the password was given. It never goes by e-mail.")})
    if way == "visit":
        basis = ContactBasis.SHOWN
    elif basis not in {ContactBasis.HELD, ContactBasis.POPULATION_REGISTER, ContactBasis.REQUEST}:
        raise ValidationError({"secret_basis": _("Choose where the number or address comes from.")})
    if basis is ContactBasis.REQUEST and delivery.by_id == user.pk:
        raise ValidationError(
            {
                "secret_basis": _(
                    "You sent the answer yourself. A colleague must give the password when only the request states where to."
                )
            }
        )
    with unit(actor) as work:
        case = lock(delivery.case)
        waiting = Delivery.objects.filter(pk=delivery.pk, secret_enc__isnull=False, secret_given_at__isnull=True)
        if not waiting.update(secret_enc=None, secret_way=way, secret_given_at=timezone.now(), secret_given_by=user):
            raise Conflict
        work.event("delivery.secret_given", case, delivery=delivery.pk, way=way, basis=basis.value)


def forget(delivery: Delivery) -> None:
    """Erase a password that will never be given: the mail came back or was taken back. The case must be locked."""
    Delivery.objects.filter(pk=delivery.pk).update(secret_enc=None)
