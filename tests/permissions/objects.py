"""What everybody knocks at: a case with data, an answer that was sent, a decision that waits, and the pages of the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils import timezone

from requests_app.domain.channels import ChoiceSource, MarketingKind, MessageChannel
from requests_app.models import (
    ApiClient,
    Breach,
    CalendarFeed,
    Case,
    CaseParty,
    Delivery,
    Identifier,
    IncomingMail,
    ItemRecipient,
    MailSource,
    MarketingTask,
    OutgoingMail,
    ProcessingItem,
    Recipient,
    RegisterRow,
    Render,
    StoredFile,
)
from requests_app.services import (
    breaches,
    calendar_feed,
    decisions,
    files,
    marketing,
    messages,
    referrals,
    rendering,
    retention,
)
from requests_app.services.audit import PERSON, Actor
from requests_app.services.keys import Vault
from requests_app.services.mailbox import taking
from requests_app.services.mailbox.imap import Fetched
from requests_app.services.owners import asking, links
from requests_app.services.people import Login
from tests.portal.world import ANNA
from tests.world import PERSONNUMMER, gathered, identified, open_case

if TYPE_CHECKING:
    from tests.permissions.actors import People
    from tests.world import World


@dataclass
class Objects:
    """One of each kind of thing an address can name."""

    people: People
    case: Case
    asked: Case
    ready: Case
    file: StoredFile
    mailed: Delivery
    breach: Breach
    feed: int
    token: str
    task: Case
    owner_link: str
    owner_token: str

    @property
    def mail(self) -> IncomingMail:
        """A mail that waits, in a mailbox whose server is not there."""
        return IncomingMail.objects.select_related("source").get()

    @property
    def client_id(self) -> str:
        """A program that uses the API."""
        return ApiClient.objects.values_list("client_id", flat=True).get()

    @property
    def system(self) -> int:
        """A system of the register."""
        return self.people.world.systems["arkiv"].pk

    def filled(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """The arguments of an address, with an object of the model it names."""
        if name == "admin:auth_user_password_change":
            return {"id": self.people.world.sven.pk}
        if args.get("object_id") != "{pk}":
            return args
        model = name.removeprefix("admin:requests_app_").rpartition("_")[0]
        found = apps.get_model("requests_app", model).objects.first()
        assert found is not None, f"nothing to knock at for {name}"
        return {"object_id": found.pk}

    @property
    def marketing(self) -> int:
        """A choice about marketing that a person has to carry out in a system."""
        return MarketingTask.objects.values_list("pk", flat=True).get()

    @property
    def unsubscribe(self) -> str:
        """What stands in the link of a newsletter."""
        return marketing.link_for(marketing.Link("anna@example.se", "arkiv"))

    @property
    def identifier(self) -> Identifier:
        """A personal identity number of the case."""
        return self.case.parties.get().identifiers.filter(kind="personnummer").get()


def make_objects(people: People) -> Objects:
    """Make them; the customer's login filed the case, the handler works it."""
    world = people.world
    case = gathered(world, open_case(world, personnummer=PERSONNUMMER, by=world.karin))
    Case.objects.filter(pk=case.pk).update(handler=world.karin)
    CaseParty.objects.filter(case=case).update(login_mac=Login("demo", ANNA[1]).mac())
    case.refresh_from_db()
    vault = Vault(case)
    stored = files.store(case, vault, purpose="dossier", kind="extract", name="x.pdf", data=b"%PDF-1.7", pages=1)
    sent = {"case": case, "sha256": stored.sha256, "by": world.karin}
    stored.deliveries.create(way="portal", idem_key="sent", **sent)
    mailed = stored.deliveries.create(way="email", idem_key="mailed", **sent)
    mailed.secret_enc = vault.seal("dossier", "korrekt-häst", "delivery", mailed.pk, "secret")
    mailed.save()
    karin = Actor.staff(world.karin)
    messages.post(
        actor=karin, case=case, direction="out", channel=MessageChannel.PORTAL, text="Se filen.", files=(stored,)
    )
    referrals.ask(actor=karin, case=case, question="Får detta lämnas ut?", items=[])
    breach = breaches.note(actor=karin, delivery=mailed, noticed_at=timezone.now(), what="Fel adress.")
    asked, ready = (
        identified(world, open_case(world, rights=["rectification"], name="Bo Ek", email=f"bo{n}@example.se"))
        for n in range(2)
    )
    for refused, ground in ((asked, "12_5_excessive"), (ready, "16")):
        decisions.decide(
            actor=karin, case=refused, right="rectification", outcome="refused", ground=ground, reasons="Sjunde gången."
        )
    for render in Render.objects.filter(case=ready, kind="refusal"):
        rendering.run(render.pk)
    _one_of_each(world)
    feed = calendar_feed.make(actor=karin, team=None)
    pk = CalendarFeed.objects.get(user=world.karin).pk
    task = identified(world, open_case(world, name="Eva Ek", email="eva@example.se"))
    row = task.collections.select_related("case", "system").get(system__key="fakturering")
    link = asking.ask(actor=karin, case=task, row=row)
    secret = links.token_of(link)
    return Objects(people, case, asked, ready, stored, mailed, breach, pk, feed.token, task, link.ref, secret)


def _one_of_each(world: World) -> None:
    """Something in every list of the register and the administration."""
    item = ProcessingItem.objects.first()
    recipient = Recipient.objects.create(key="r", name_sv="R", name_en="R", role="processor", assumption=False)
    ItemRecipient.objects.create(item=item, recipient=recipient, assumption=False)
    RegisterRow.objects.create(row_id="R1", kind="system", name_sv="Arkivet", section="1")
    retention.decide(
        actor=Actor.staff(world.lena),
        covers="dossier",
        reference="KS 1",
        decided_on=timezone.localdate(),
        keep_months=None,
    )
    marketing.choose(
        actor=PERSON,
        kind=MarketingKind.WITHDRAWN,
        source=ChoiceSource.LINK,
        email="anna@example.se",
        system="arkiv",
    )
    box = MailSource.objects.create(key="info", name="Info", host="127.0.0.1", port=9, user="info", folder="INBOX")
    waiting = Fetched(1, b"Subject: Mina uppgifter\n\nHej", 30, timezone.now(), False)
    taking.take(box, 1, waiting, lambda uid: None)
    OutgoingMail.objects.create(kind="notice", user=world.karin, message_id="<1@example.se>", idem_key="1")
