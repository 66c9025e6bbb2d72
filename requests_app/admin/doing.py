"""What an action of the case page is: a form, a service and a sentence saying that it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm


@dataclass
class Doing:
    """One action under way."""

    desk: Desk
    key: str
    form: StyledForm

    @property
    def who(self) -> dict[str, Any]:
        """What every service is told: who acts on which case."""
        return {"actor": self.desk.actor, "case": self.desk.case}

    @property
    def data(self) -> dict[str, Any]:
        """What was entered."""
        return self.form.cleaned_data


@dataclass(frozen=True)
class CaseAction:
    """A form, what is done with it, where on the page it stands, and what it is offered."""

    form: type[StyledForm]
    apply: Callable[[Doing], str]
    anchor: str
    options: Callable[[Desk, str], dict[str, Any]] = lambda desk, key: {}
    page: str = ""
    """Name of the page it leads to, when not back to the case."""
