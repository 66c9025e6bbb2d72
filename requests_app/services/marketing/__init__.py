"""Choices about marketing: noted once, carried out at once in every system that markets, by a worker where its connector can.

A withdrawal (Art. 7(3)) or an objection to direct marketing (Art. 21(2)) is no case: it is a choice, a suppression that outlives
everything else, and a task for each system. Only what no worker can do reaches a coordinator.
"""

from requests_app.services.marketing.by_hand import (
    address_of,
    automatic,
    done_by_hand,
    fault_of,
    history,
    note_of,
    retry,
    waiting,
    waiting_choices,
)
from requests_app.services.marketing.choices import (
    Address,
    State,
    address,
    choose,
    is_suppressed,
    overtaken_by,
    state_for,
)
from requests_app.services.marketing.keeping import sweep
from requests_app.services.marketing.links import Link, link_for, opened
from requests_app.services.marketing.wordings import WORDINGS, Wording, wording

__all__ = [
    "WORDINGS",
    "Address",
    "Link",
    "State",
    "Wording",
    "address",
    "address_of",
    "automatic",
    "choose",
    "done_by_hand",
    "fault_of",
    "history",
    "is_suppressed",
    "link_for",
    "note_of",
    "opened",
    "overtaken_by",
    "retry",
    "state_for",
    "sweep",
    "waiting",
    "waiting_choices",
    "wording",
]
