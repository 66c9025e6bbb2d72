"""The register of processing (Art. 30): what it says of a system, who vouches for it, and how each system is gathered from."""

from requests_app.services.register.export import FORMATS, export, lead, security_note
from requests_app.services.register.facts import (
    UnconfirmedStatement,
    facts_for,
    nobody_receives,
    processors_of,
    unconfirmed_by_system,
    unconfirmed_for,
)
from requests_app.services.register.health import tried as test_connection
from requests_app.services.register.loading import Loaded, load
from requests_app.services.register.reach import Reach, Way, reaches
from requests_app.services.register.record import Record, record
from requests_app.services.register.statements import confirm, confirm_many, correct
from requests_app.services.register.systems import (
    configure,
    current_version,
    profile_systems,
    secrets_of,
)
from requests_app.services.register.tasks import Task, close_rows, reopen_row, tasks
from requests_app.services.register.trying import Try, propose, try_system

__all__ = [
    "FORMATS",
    "Loaded",
    "Reach",
    "Record",
    "Task",
    "Try",
    "UnconfirmedStatement",
    "Way",
    "close_rows",
    "configure",
    "confirm",
    "confirm_many",
    "correct",
    "current_version",
    "export",
    "facts_for",
    "lead",
    "load",
    "nobody_receives",
    "processors_of",
    "profile_systems",
    "propose",
    "reaches",
    "record",
    "reopen_row",
    "secrets_of",
    "security_note",
    "tasks",
    "test_connection",
    "try_system",
    "unconfirmed_by_system",
    "unconfirmed_for",
]
