"""What to know about the people who can log in to the demo, in the two languages of its login page."""

from __future__ import annotations

NOTES = {
    "anna": (
        "Har något i alla fyra systemen. En chatt nämner andra personer.",
        "Something in all four systems. A chat names other people.",
    ),
    "lots": (
        "Timvärden i tre år, hundratals fakturor och många chattar.",
        "Hourly readings for three years, hundreds of invoices, many chats.",
    ),
    "daily": ("Dygnsvärden i tre år: omkring 2 500 uppgifter.", "Daily readings for three years: some 2,500 records."),
    "nothing": ("Finns inte i något system.", "Stands in no system."),
    "two_addresses": ("Får nyhetsbrevet till två adresser.", "Gets the newsletter at two addresses."),
    "couple_a": (
        "Delar e-postadress och avtal med Maria Sandberg.",
        "Shares an e-mail address and a contract with Maria Sandberg.",
    ),
    "couple_b": (
        "Delar e-postadress och ett avtal med Per Sandberg.",
        "Shares an e-mail address and a contract with Per Sandberg.",
    ),
    "recycled_phone": (
        "Har ett telefonnummer som var någon annans förut.",
        "Has a telephone number that was somebody else's before.",
    ),
    "moved_out": (
        "Flyttade från sin lägenhet 31 maj 2025. Mätaren är kvar.",
        "Moved out of a flat on 31 May 2025. The meter is still there.",
    ),
    "next_tenant": ("Flyttade in i samma lägenhet 1 juni 2025.", "Moved into the same flat on 1 June 2025."),
    "samordning": ("Har samordningsnummer.", "Has a coordination number."),
    "samordning_month_00": (
        "Samordningsnummer utan känd födelsemånad.",
        "Coordination number without a known month of birth.",
    ),
    "samordning_day_60": (
        "Samordningsnummer utan känd födelsedag.",
        "Coordination number without a known day of birth.",
    ),
    "hostile": ("Emojier, kod och mycket långa ord i uppgifterna.", "Emoji, code and very long words in the data."),
    "english": ("Vill ha svaret på engelska.", "Wants the answer in English."),
    "protected": ("Har skyddade personuppgifter.", "Has protected personal data."),
}
"""Slug -> Swedish, English."""
