"""What Mina sidor holds, in the words of the extract, and how its answers become records.

The system has no public interface: the shape here is assumed, so paths and field names are settings of the connector.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.connectors.reading import as_object, expect_id, expect_objects, moment, optional_objects, optional_str
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CO_HOLDER = ("co_holder",)
BY_CUSTOMER = "customer"
"""What the system calls the source of an address that the customer gave."""

_CUSTOMER_NO = FieldSpec("Kundnummer", "Customer number")
_STREET = FieldSpec("Gatuadress", "Street address")
_POSTAL_CODE = FieldSpec("Postnummer", "Postal code")
_CITY = FieldSpec("Postort", "Town")
_CHANNEL = FieldSpec(
    "Kanal",
    "Channel",
    words={
        "webb": ("webb", "web"),
        "telefon": ("telefon", "telephone"),
        "e-post": ("e-post", "e-mail"),
        "brev": ("brev", "letter"),
        "besök": ("besök", "visit"),
        "chatt": ("chatt", "chat"),
    },
)
_SERVICE = FieldSpec(
    "Tjänst",
    "Service",
    words={
        "electricity": ("el", "electricity"),
        "grid": ("elnät", "electricity grid"),
        "districtHeating": ("fjärrvärme", "district heating"),
        "water": ("vatten", "water"),
        "waste": ("avfall", "waste"),
        "fibre": ("fiber", "fibre"),
    },
)
_CONTRACT_STATUS = FieldSpec(
    "Status",
    "Status",
    words={
        "active": ("aktivt", "active"),
        "ended": ("avslutat", "ended"),
        "terminated": ("uppsagt", "terminated"),
        "pending": ("väntande", "pending"),
    },
)
_INVOICE_STATUS = FieldSpec(
    "Status",
    "Status",
    words={
        "paid": ("betald", "paid"),
        "unpaid": ("obetald", "unpaid"),
        "open": ("obetald", "unpaid"),
        "overdue": ("förfallen", "overdue"),
        "reminded": ("påmind", "reminder sent"),
        "credited": ("krediterad", "credited"),
    },
)
_CASE_STATUS = FieldSpec(
    "Status", "Status", words={"closed": ("avslutat", "closed"), "open": ("öppet", "open"), "new": ("nytt", "new")}
)
_ROLE = FieldSpec(
    "Din roll",
    "Your role",
    words={"holder": ("avtalsinnehavare", "holder"), "coHolder": ("medinnehavare", "co-holder")},
)
_PURPOSE = FieldSpec(
    "Ändamål",
    "Purpose",
    words={
        "newsletter": ("nyhetsbrev", "newsletter"),
        "sms": ("sms", "text messages"),
        "consumptionAnalysis": ("analys av förbrukning", "analysis of consumption"),
        "partners": ("erbjudanden från samarbetspartner", "offers from partners"),
    },
)

CUSTOMER = CategorySpec(
    "customer",
    Kind.FACTS,
    "Kunduppgifter",
    "Customer details",
    {
        "customerNumber": _CUSTOMER_NO,
        "customerType": FieldSpec(
            "Kundtyp",
            "Type of customer",
            words={"private": ("privatkund", "private"), "business": ("företagskund", "business")},
        ),
        "personalIdentityNumber": FieldSpec("Personnummer", "Personal identity number", FieldType.PERSONNUMMER),
        "firstName": FieldSpec("Förnamn", "First name"),
        "lastName": FieldSpec("Efternamn", "Last name"),
        "protectedIdentity": FieldSpec("Skyddade personuppgifter", "Protected personal data", FieldType.BOOLEAN),
        "language": FieldSpec("Språk", "Language", words={"sv": ("svenska", "Swedish"), "en": ("engelska", "English")}),
        "emails": FieldSpec("E-postadresser", "E-mail addresses", FieldType.LIST),
        "phones": FieldSpec("Telefonnummer", "Phone numbers", FieldType.LIST),
        "customerSince": FieldSpec("Kund sedan", "Customer since", FieldType.DATE),
        "customerUntil": FieldSpec("Kund till", "Customer until", FieldType.DATE),
        "invoiceDelivery": FieldSpec("Fakturan skickas som", "Invoice delivered as"),
        "paymentMethod": FieldSpec("Betalsätt", "Payment method"),
        "updatedAt": FieldSpec("Senast ändrad", "Last changed", FieldType.DATETIME),
    },
)
ADDRESS = CategorySpec(
    "address",
    Kind.FACTS,
    "Adress",
    "Address",
    {
        "street": _STREET,
        "postalCode": _POSTAL_CODE,
        "city": _CITY,
        "source": FieldSpec(
            "Varifrån adressen kommer", "Where the address is from", words={BY_CUSTOMER: ("dig själv", "you")}
        ),
        "updatedAt": FieldSpec("Senast ändrad", "Last changed", FieldType.DATETIME),
    },
)
CREDIT_CHECK = CategorySpec(
    "credit_check",
    Kind.FACTS,
    "Kreditupplysning",
    "Credit report",
    {
        "checkedOn": FieldSpec("Datum", "Date", FieldType.DATE),
        "provider": FieldSpec("Kreditupplysningsföretag", "Credit reference agency"),
        "result": FieldSpec("Resultat", "Result"),
    },
)
CONTRACTS = CategorySpec(
    "contracts",
    Kind.TABLE,
    "Avtal",
    "Contracts",
    {
        "contractId": FieldSpec("Avtalsnummer", "Contract number"),
        "service": _SERVICE,
        "product": FieldSpec("Produkt", "Product"),
        "status": _CONTRACT_STATUS,
        "startDate": FieldSpec("Från", "From", FieldType.DATE),
        "endDate": FieldSpec("Till", "To", FieldType.DATE),
        "signedAt": FieldSpec("Tecknat", "Signed", FieldType.DATETIME),
        "channel": _CHANNEL,
        "role": _ROLE,
        "coHolders": FieldSpec("Tillsammans med", "Together with", FieldType.LIST),
        "street": _STREET,
        "postalCode": _POSTAL_CODE,
        "city": _CITY,
        "siteId": FieldSpec("Anläggnings-id", "Site id"),
        "meterNumber": FieldSpec("Mätarnummer", "Meter number"),
    },
)
INVOICES = CategorySpec(
    "invoices",
    Kind.TABLE,
    "Fakturor",
    "Invoices",
    {
        "invoiceNumber": FieldSpec("Fakturanummer", "Invoice number"),
        "invoiceDate": FieldSpec("Fakturadatum", "Invoice date", FieldType.DATE),
        "dueDate": FieldSpec("Förfallodag", "Due date", FieldType.DATE),
        "periodFrom": FieldSpec("Period från", "Period from", FieldType.DATE),
        "periodTo": FieldSpec("Period till", "Period to", FieldType.DATE),
        "amount": FieldSpec("Belopp", "Amount", FieldType.AMOUNT, "SEK"),
        "vat": FieldSpec("Varav moms", "Of which VAT", FieldType.AMOUNT, "SEK"),
        "currency": FieldSpec("Valuta", "Currency"),
        "status": _INVOICE_STATUS,
        "paidOn": FieldSpec("Betald", "Paid", FieldType.DATE),
        "ocr": FieldSpec("OCR-nummer", "OCR number"),
        "delivery": FieldSpec("Skickad som", "Sent as"),
        "contractIds": FieldSpec("Avtal", "Contracts", FieldType.LIST),
    },
)
INVOICE_LINES = CategorySpec(
    "invoice_lines",
    Kind.TABLE,
    "Fakturarader",
    "Invoice lines",
    {
        "invoiceNumber": FieldSpec("Fakturanummer", "Invoice number"),
        "text": FieldSpec("Text", "Text"),
        "quantity": FieldSpec("Antal", "Quantity", FieldType.NUMBER),
        "unit": FieldSpec("Enhet", "Unit"),
        "amount": FieldSpec("Belopp", "Amount", FieldType.AMOUNT, "SEK"),
    },
)
CONSENTS = CategorySpec(
    "consents",
    Kind.TABLE,
    "Samtycken",
    "Consents",
    {
        "purpose": _PURPOSE,
        "text": FieldSpec("Text", "Text"),
        "given": FieldSpec("Gäller", "In force", FieldType.BOOLEAN),
        "givenAt": FieldSpec("Lämnat", "Given", FieldType.DATETIME),
        "withdrawnAt": FieldSpec("Återkallat", "Withdrawn", FieldType.DATETIME),
        "channel": _CHANNEL,
        "consentId": FieldSpec("Samtyckes-id", "Consent id"),
    },
)
LOGINS = CategorySpec(
    "logins",
    Kind.TABLE,
    "Inloggningar",
    "Log-ins",
    {
        "at": FieldSpec("Tid", "Time", FieldType.DATETIME),
        "method": FieldSpec("Sätt", "Method"),
        "result": FieldSpec(
            "Resultat", "Result", words={"success": ("lyckades", "succeeded"), "failed": ("misslyckades", "failed")}
        ),
        "ipAddress": FieldSpec("IP-adress", "IP address"),
        "userAgent": FieldSpec("Webbläsare", "Browser"),
        "loginId": FieldSpec("Inloggnings-id", "Log-in id"),
    },
)
CASES = CategorySpec(
    "cases",
    Kind.TABLE,
    "Ärenden",
    "Errands",
    {
        "caseId": FieldSpec("Ärendenummer", "Errand number"),
        "subject": FieldSpec("Ämne", "Subject"),
        "status": _CASE_STATUS,
        "createdAt": FieldSpec("Öppnat", "Opened", FieldType.DATETIME),
        "closedAt": FieldSpec("Avslutat", "Closed", FieldType.DATETIME),
        "channel": _CHANNEL,
        "handledBy": FieldSpec("Handläggare", "Handled by"),
    },
)
CASE_NOTES = CategorySpec(
    "case_notes",
    Kind.CONVERSATION,
    "Anteckningar i ärenden",
    "Notes on errands",
    {
        "from": FieldSpec("Från", "From"),
        "text": FieldSpec("Text", "Text"),
        "subject": FieldSpec("Ämne", "Subject"),
        "noteId": FieldSpec("Antecknings-id", "Note id"),
    },
    group=("Ärende", "Errand"),
)
CATEGORIES = (
    CUSTOMER,
    ADDRESS,
    CREDIT_CHECK,
    CONTRACTS,
    INVOICES,
    INVOICE_LINES,
    CONSENTS,
    LOGINS,
    CASES,
    CASE_NOTES,
)


def customer_records(item: Mapping[str, Any]) -> Iterator[Record]:
    """The customer, and apart from it what has a source of its own: the address and the credit report."""
    number = expect_id(item, "customerNumber")
    fields = {key: value for key, value in item.items() if key not in {"address", "creditCheck"}}
    yield Record(number, CUSTOMER.key, CUSTOMER.kind, None, fields)
    if item.get("address") is not None:
        address = as_object(item["address"], "address")
        source = optional_str(address, "source")
        yield Record(number, ADDRESS.key, ADDRESS.kind, None, address, source="" if source == BY_CUSTOMER else source)
    if item.get("creditCheck") is not None:
        check = as_object(item["creditCheck"], "creditCheck")
        source = optional_str(check, "provider")
        yield Record(number, CREDIT_CHECK.key, CREDIT_CHECK.kind, moment(check.get("checkedOn")), check, source=source)


def contract_record(item: Mapping[str, Any], customer_no: str) -> Record:
    """One contract: of those who hold it with the person only the names stay."""
    holders = expect_objects(item, "holders")
    others = [holder for holder in holders if expect_id(holder, "customerNumber") != customer_no]
    own = next((holder for holder in holders if expect_id(holder, "customerNumber") == customer_no), {})
    fields = {key: value for key, value in item.items() if key not in {"holders", "site"}}
    fields["role"] = optional_str(own, "role")
    if others:
        fields["coHolders"] = [optional_str(holder, "name") for holder in others]
    fields |= as_object(item.get("site") or {}, "site")
    marks = CO_HOLDER if others else ()
    when = moment(item.get("startDate"))
    return Record(expect_id(item, "contractId"), CONTRACTS.key, CONTRACTS.kind, when, fields, marks=marks)


def held_earlier(item: Mapping[str, Any], earlier: set[str]) -> bool:
    """Whether a contract was already delivered with another customer number of the same person."""
    return any(expect_id(holder, "customerNumber") in earlier for holder in expect_objects(item, "holders"))


def invoice_records(item: Mapping[str, Any], shared: set[str]) -> Iterator[Record]:
    """The invoice and its lines; ``shared`` are the numbers of contracts held together with somebody."""
    number = expect_id(item, "invoiceNumber")
    when = moment(item.get("invoiceDate"))
    contracts = item.get("contractIds")
    marks = CO_HOLDER if isinstance(contracts, list) and any(str(one) in shared for one in contracts) else ()
    fields = {key: value for key, value in item.items() if key != "lines"}
    yield Record(number, INVOICES.key, INVOICES.kind, when, fields, marks=marks)
    for n, line in enumerate(optional_objects(item, "lines"), 1):
        row = {"invoiceNumber": number, **line}
        yield Record(f"{number}-{n}", INVOICE_LINES.key, INVOICE_LINES.kind, when, row, group=number, marks=marks)


def consent_record(item: Mapping[str, Any]) -> Record:
    """One consent."""
    return Record(expect_id(item, "consentId"), CONSENTS.key, CONSENTS.kind, moment(item.get("givenAt")), item)


def login_record(item: Mapping[str, Any]) -> Record:
    """One log-in."""
    return Record(expect_id(item, "loginId"), LOGINS.key, LOGINS.kind, moment(item.get("at")), item)


def case_records(item: Mapping[str, Any]) -> Iterator[Record]:
    """An errand and the notes staff made on it."""
    number = expect_id(item, "caseId")
    fields = {key: value for key, value in item.items() if key != "notes"}
    yield Record(number, CASES.key, CASES.kind, moment(item.get("createdAt")), fields)
    for note in optional_objects(item, "notes"):
        rest = {key: value for key, value in note.items() if key not in {"at", "by", "text"}}
        fields = {"from": optional_str(note, "by"), "text": optional_str(note, "text"), "role": "staff", **rest}
        key = expect_id(note, "noteId")
        yield Record(key, CASE_NOTES.key, CASE_NOTES.kind, moment(note.get("at")), fields, group=number)
