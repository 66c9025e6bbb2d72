"""What a person is searched by: the kinds of identifier, their one normal form, and how they are shown masked."""

from __future__ import annotations

from enum import StrEnum


class IdentifierKind(StrEnum):
    """What a system can be searched by."""

    PERSONNUMMER = "personnummer"
    CUSTOMER_NO = "customer_no"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
