"""The register of processing (Art. 30): what it says of a system, who vouches for it, and how each system is gathered from."""

from requests_app.services.register.facts import (
    UnconfirmedStatement,
    facts_for,
    nobody_receives,
    processors_of,
    unconfirmed_by_system,
    unconfirmed_for,
)
from requests_app.services.register.loading import Loaded, load
from requests_app.services.register.statements import confirm, confirm_many, correct, gaps
from requests_app.services.register.systems import (
    configure,
    current_version,
    profile_systems,
    secrets_of,
    test_connection,
)

__all__ = [
    "Loaded",
    "UnconfirmedStatement",
    "configure",
    "confirm",
    "confirm_many",
    "correct",
    "current_version",
    "facts_for",
    "gaps",
    "load",
    "nobody_receives",
    "processors_of",
    "profile_systems",
    "secrets_of",
    "test_connection",
    "unconfirmed_by_system",
    "unconfirmed_for",
]
