"""Made-up people and records for the documents' tests and benchmarks: two customers with different systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from requests_app.documents.values import (
    CaseFacts,
    CategoryData,
    Extract,
    Lang,
    NotSearched,
    ProcessingFact,
    RecipientFact,
    Remedies,
    SearchOutcome,
    Sender,
    SystemSection,
    Withheld,
)
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterable

PERSONNUMMER = "189004299807"
"""One of the numbers that Skatteverket publishes for tests."""

SENDER = Sender(
    name="Halmstads Energi och Miljö AB",
    org_no="556528-3248",
    address=("Box 31", "301 02 Halmstad"),
    email="dataskydd@example.se",
    phone="035-00 00 00",
    web="www.example.se",
    unit="Personuppgiftssamordnaren",
    dpo="dataskyddsombud@example.se",
)
REMEDIES = Remedies(
    authority="Integritetsskyddsmyndigheten (IMY)",
    authority_lines=(
        "Integritetsskyddsmyndigheten",
        "Box 8114, 104 20 Stockholm",
        "imy@imy.se, 08-657 61 00",
        "www.imy.se",
    ),
    court="Du kan också väcka talan vid tingsrätten om du anser att dina rättigheter har kränkts.",
)
REMEDIES_EN = replace(
    REMEDIES,
    authority="the Swedish Authority for Privacy Protection (IMY)",
    court="You can also bring a case before the district court (tingsrätten) if you think that your rights have been infringed.",
)


def case(lang: Lang = "sv", **changes: Any) -> CaseFacts:
    """A case of Anna, received and answered within the month."""
    facts = CaseFacts(
        diary_no="DSR-2026-0042",
        received_on=date(2026, 11, 25),
        answered_on=date(2026, 12, 18),
        lang=lang,
        handler="Karin Ek",
        person_name="Anna Andersson",
        birth_date=date(1890, 4, 29),
        rights=("tillgång",) if lang == "sv" else ("access",),
    )
    return replace(facts, **changes)


def category(spec: CategorySpec, records: Iterable[Record]) -> CategoryData:
    """The records as a category, with its count and dates."""
    made = list(records)
    days = [record.occurred_at.date() for record in made if record.occurred_at]
    return CategoryData(
        spec=spec,
        records=lambda: made,
        count=len(made),
        first_on=min(days, default=None),
        last_on=max(days, default=None),
    )


CUSTOMER = CategorySpec(
    "customer",
    Kind.FACTS,
    "Kunduppgifter",
    "Customer details",
    {
        "customer_no": FieldSpec("Kundnummer", "Customer number"),
        "name": FieldSpec("Namn", "Name"),
        "personnummer": FieldSpec("Personnummer", "Personal identity number", FieldType.PERSONNUMMER),
        "address": FieldSpec("Adress", "Address"),
        "email": FieldSpec("E-post", "E-mail", FieldType.EMAIL),
        "phone": FieldSpec("Telefon", "Phone", FieldType.PHONE),
        "since": FieldSpec("Kund sedan", "Customer since", FieldType.DATE),
        "autogiro": FieldSpec("Autogiro", "Direct debit", FieldType.BOOLEAN),
        "services": FieldSpec("Tjänster", "Services", FieldType.LIST),
        "note": FieldSpec("Anteckning", "Note"),
    },
)
INVOICES = CategorySpec(
    "invoices",
    Kind.TABLE,
    "Fakturor",
    "Invoices",
    {
        "invoice_no": FieldSpec("Fakturanummer", "Invoice number"),
        "amount": FieldSpec("Belopp", "Amount", FieldType.AMOUNT, "SEK"),
        "due_on": FieldSpec("Förfallodag", "Due date", FieldType.DATE),
        "status": FieldSpec("Status", "Status"),
        "paid": FieldSpec("Betald", "Paid", FieldType.BOOLEAN),
    },
)
LOGINS = CategorySpec(
    "logins",
    Kind.TABLE,
    "Inloggningar",
    "Log-ins",
    {
        "method": FieldSpec("Metod", "Method"),
        "ip": FieldSpec("IP-adress", "IP address"),
        "device": FieldSpec("Enhet", "Device"),
    },
)
READINGS = CategorySpec(
    "readings",
    Kind.TIME_SERIES,
    "Mätvärden",
    "Meter readings",
    {
        "value": FieldSpec("Värde", "Value", FieldType.NUMBER, "kWh"),
        "flag": FieldSpec("Kvalitet", "Quality"),
    },
)
CHAT = CategorySpec("chat", Kind.CONVERSATION, "Chattsamtal", "Chat conversations", {})
NEWSLETTER = CategorySpec(
    "subscription",
    Kind.TABLE,
    "Prenumerationer och utskick",
    "Subscriptions and mailings",
    {
        "list": FieldSpec("Lista", "List"),
        "status": FieldSpec("Status", "Status"),
        "consent_at": FieldSpec("Samtycke", "Consent", FieldType.DATETIME),
    },
)


def customer_record() -> Record:
    """Facts of every type, one of them unknown to the register."""
    return Record(
        "100482",
        "customer",
        Kind.FACTS,
        None,
        {
            "customer_no": "100482",
            "name": "Anna Andersson",
            "personnummer": PERSONNUMMER,
            "address": "Storgatan 1 lgh 1102, 302 43 Halmstad",
            "email": "anna.andersson@example.se",
            "phone": "+46701740605",
            "since": "2019-03-01",
            "autogiro": True,
            "services": ["Elnät", "Fjärrvärme", "Avfall"],
            "note": f"Ringde om sin make, {PERSONNUMMER[2:8]}-{PERSONNUMMER[8:]}, och avläsningen.",
            "segment_code": {"code": "V2", "reasons": ["villa", "fjärrvärme"]},
        },
        source="Kundens anmälan",
        marks=("co_holder",),
    )


def invoices(n: int) -> list[Record]:
    """Monthly invoices, newest last."""
    return [
        Record(
            f"F{1000 + i}",
            "invoices",
            Kind.TABLE,
            datetime(2023 + i // 12, i % 12 + 1, 3, 7, 30, tzinfo=UTC),
            {
                "invoice_no": f"F{1000 + i}",
                "amount": round(812.5 + 37.25 * (i % 12), 2),
                "due_on": f"{2023 + i // 12}-{i % 12 + 1:02d}-28",
                "status": "betald" if i % 7 else "påmind",
                "paid": bool(i % 7),
                "currency": "SEK",
            },
        )
        for i in range(n)
    ]


def logins(n: int) -> list[Record]:
    """Log-ins with two kinds of device."""
    start = datetime(2025, 1, 7, 17, 4, 11, tzinfo=UTC)
    return [
        Record(
            f"L{i}",
            "logins",
            Kind.TABLE,
            start + timedelta(days=3 * i, minutes=17 * i),
            {"method": "BankID", "ip": f"192.0.2.{i % 250}", "device": "iPhone, Safari" if i % 3 else "Windows, Edge"},
        )
        for i in range(n)
    ]


def readings(n: int, *, start: datetime | None = None, meter: str = "735999114012345678") -> list[Record]:
    """Hourly readings; every 40th is estimated."""
    start = start or datetime(2025, 12, 31, 23, tzinfo=UTC)
    return [
        Record(
            f"{meter}-{i}",
            "readings",
            Kind.TIME_SERIES,
            start + timedelta(hours=i),
            {"value": round(0.4 + (i * 37 % 211) / 100, 3), "flag": "beräknat" if i % 40 == 7 else "uppmätt"},
            group=meter,
        )
        for i in range(n)
    ]


_SAID = (
    "Hej! Jag undrar över min senaste faktura. Den är högre än vanligt.",
    "Hej Anna! Jag tittar på det. Är det fakturan för januari du menar?",
    "Ja, precis. Vi har inte ändrat något hemma.",
    "Då ser jag att avläsningen i december var beräknad. Den rättas på nästa faktura.",
)


def chat(n: int) -> list[Record]:
    """Conversations of four messages."""
    start = datetime(2026, 2, 3, 8, 12, tzinfo=UTC)
    return [
        Record(
            f"C{i}",
            "chat",
            Kind.CONVERSATION,
            start + timedelta(days=i // 4, minutes=2 * (i % 4)),
            {
                "from": "Anna Andersson" if i % 2 == 0 else "Kundservice",
                "role": "person" if i % 2 == 0 else "staff",
                "text": _SAID[i % 4],
            },
            group=f"{7000 + i // 4}",
        )
        for i in range(n)
    ]


def newsletter(n: int) -> list[Record]:
    """Subscriptions with the time of consent."""
    return [
        Record(
            f"N{i}",
            "subscription",
            Kind.TABLE,
            datetime(2024, 5, 2, 9, i % 60, tzinfo=UTC),
            {"list": f"HEM-nytt {i}", "status": "aktiv", "consent_at": f"2024-05-02T09:{i % 60:02d}:30+00:00"},
        )
        for i in range(n)
    ]


def section(key: str, name: str, *categories: CategoryData, **changes: Any) -> SystemSection:
    """A system that was searched on the morning of the answer."""
    found = any(category.count for category in categories)
    made = SystemSection(
        key=key,
        name=name,
        outcome=SearchOutcome.FOUND if found else SearchOutcome.NOTHING_FOUND,
        searched_at=datetime(2026, 12, 1, 9, 14, tzinfo=UTC),
        searched_by=("kundnummer 100482", "anna.andersson@example.se"),
        categories=categories,
    )
    return replace(made, **changes)


PROCESSINGS = (
    ProcessingFact(
        system_key="mina_sidor",
        purpose="Sköta ditt kundförhållande och skicka fakturor",
        legal_basis="Avtal (artikel 6.1 b i dataskyddsförordningen): uppgifterna behövs för att fullgöra avtalet med dig",
        categories=("namn och kontaktuppgifter", "avtal", "fakturor", "inloggningar"),
        source="Du själv",
        retention="Sju år efter räkenskapsåret, enligt bokföringslagen",
        recipients=(
            RecipientFact(
                name="Fakturabolaget AB", role="personuppgiftsbiträde", disclosed="varje månad sedan mars 2019"
            ),
        ),
    ),
    ProcessingFact(
        system_key="mitt_hem",
        purpose="Mäta din elanvändning och visa den för dig",
        legal_basis="Rättslig förpliktelse (artikel 6.1 c): ellagen kräver att vi mäter elen",
        categories=("mätvärden", "mätar-id"),
        source="Elmätaren i din bostad",
        retention="Tre år efter mätningen",
        recipients=(RecipientFact(name="Bright Energy AB", role="personuppgiftsbiträde", disclosed="löpande"),),
    ),
    ProcessingFact(
        system_key="chat",
        purpose="Svara på dina frågor",
        legal_basis="Intresseavvägning (artikel 6.1 f): vårt intresse av att hjälpa kunder väger tyngre än intrånget",
        categories=("meddelanden", "kontaktuppgifter"),
        source="Du själv",
        retention="Två år efter samtalet",
        recipients=(
            RecipientFact(
                name="Chat Cloud Inc.",
                role="underbiträde",
                disclosed="vid varje samtal",
                country="USA",
                third_country=True,
                safeguard="EU-kommissionens standardavtalsklausuler",
            ),
        ),
        profiling="Vi sorterar frågor efter ämne. Det påverkar inte vilket svar du får.",
    ),
    ProcessingFact(
        system_key="newsletter",
        purpose="Skicka nyhetsbrev",
        legal_basis="Samtycke (artikel 6.1 a): du har sagt ja till utskicken",
        categories=("e-postadress", "val av nyhetsbrev"),
        source="Du själv",
        retention="Tills du avslutar prenumerationen",
    ),
)


def mixed(n: int, lang: Lang = "sv") -> Extract:
    """``n`` records: 70 % hourly readings, 20 % chat, 9 % log-ins, 1 % newsletter."""
    chats, visits, letters = n * 20 // 100, n * 9 // 100, max(n // 100, 1)
    return Extract(
        case=case(lang),
        sender=SENDER,
        remedies=REMEDIES if lang == "sv" else REMEDIES_EN,
        sections=(
            section("mina_sidor", "Mina sidor", category(LOGINS, logins(visits))),
            section("mitt_hem", "Mitt HEM", category(READINGS, readings(n - chats - visits - letters))),
            section("chat", "Chatten", category(CHAT, chat(chats))),
            section("newsletter", "Nyhetsbrev", category(NEWSLETTER, newsletter(letters))),
        ),
        processings=PROCESSINGS,
    )


def anna(lang: Lang = "sv") -> Extract:
    """A customer with data in three systems, something withheld, something not searched."""
    return Extract(
        case=case(lang),
        sender=SENDER,
        remedies=REMEDIES if lang == "sv" else REMEDIES_EN,
        sections=(
            section(
                "mina_sidor",
                "Mina sidor",
                category(CUSTOMER, [customer_record()]),
                category(INVOICES, invoices(24)),
                category(LOGINS, logins(14)),
                description="Kundsidorna där du ser avtal och fakturor.",
            ),
            section("mitt_hem", "Mitt HEM", category(READINGS, readings(24 * 35))),
            section(
                "chat",
                "Chatten",
                category(CHAT, chat(22)),
                outcome=SearchOutcome.PARTIAL,
                searched_from=date(2024, 11, 25),
                searched_to=date(2026, 11, 25),
                note="Chatten kan bara genomsökas två år bakåt.",
            ),
            section("newsletter", "Nyhetsbrev"),
        ),
        processings=PROCESSINGS,
        withheld=(
            Withheld(
                system="Chatten",
                category="Chattsamtal",
                count=2,
                ground="Uppgift om annan person (artikel 15.4 i dataskyddsförordningen): en granne nämns med namn",
            ),
        ),
        not_searched=(
            NotSearched(system="Rekrytering", reason="Du har inte sökt arbete hos oss, enligt din begäran."),
            NotSearched(system="Webbanalys", reason="Vi kan inte koppla besök på webbplatsen till dig (artikel 11)."),
        ),
    )


def bo(lang: Lang = "sv") -> Extract:
    """A subscriber of the newsletter and nothing else."""
    return Extract(
        case=case(lang, diary_no="DSR-2026-0077", person_name="Bo Öberg", birth_date=None),
        sender=SENDER,
        remedies=REMEDIES if lang == "sv" else REMEDIES_EN,
        sections=(
            section("newsletter", "Nyhetsbrev", category(NEWSLETTER, newsletter(1))),
            section("mina_sidor", "Mina sidor"),
        ),
        processings=PROCESSINGS,
    )
