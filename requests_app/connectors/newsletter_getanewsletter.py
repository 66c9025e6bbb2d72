"""Get a Newsletter: the contact, its subscriptions, and from each report only what concerns the contact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from requests_app.connectors import newsletter_shape as shape
from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, Page
from requests_app.connectors.http import Http, segment
from requests_app.connectors.matching import same
from requests_app.connectors.reading import (
    PageGuard,
    as_object,
    expect_id,
    expect_objects,
    moment,
    optional_objects,
    optional_str,
)
from requests_app.domain.identifiers import normalise
from requests_app.domain.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Identifier, Limits, Search
    from requests_app.connectors.matching import Match, Settled
    from requests_app.connectors.newsletter_lists import Operational

PARTS = {"opens": "first_view", "clicks": "created", "bounces": "created", "unsubscribed": "created"}
"""What a report tells of each receiver, and the field that dates it."""


class GetANewsletter:
    """Get a Newsletter's API v3."""

    def __init__(self, base: str, api_key: str, limits: Limits, heartbeat: Callable[[], None]) -> None:
        self._http = Http(base, limits, heartbeat, headers={"Authorization": f"Token {api_key}"})
        self._guard = PageGuard(limits)
        self._emails: dict[str, str] = {}

    def ping(self) -> int:
        """Ask for the lists; the number of requests made."""
        expect_objects(self._http.get("/lists/"), "results")
        return self._http.requests

    def find(self, identifier: Identifier) -> list[Match]:
        """The contact with this address. The search by words would also find addresses that only contain it."""
        answer = self._http.find(f"/contacts/{segment(identifier.value)}/")
        if answer is None:
            return []
        contact = as_object(answer)
        email = optional_str(contact, "email")
        if not same(identifier.kind, email, identifier.value):
            return []
        name = f"{optional_str(contact, 'first_name')} {optional_str(contact, 'last_name')}".strip()
        found = shape.match(email, name, "email")
        self._emails[found.key] = email
        return [found]

    def start(self, settled: Settled) -> dict[str, Any]:
        """The cursor to begin with."""
        return {"who": [self._emails[key] for key in settled.taken], "n": 0, "reports": None, "r": 0}

    def pages(self, search: Search, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """The remaining pages: the contact first, then report by report."""
        who, n, reports, r = cursor["who"], cursor["n"], cursor["reports"], cursor["r"]
        while n < len(who):
            if reports is None:
                contact = self._http.find(f"/contacts/{segment(who[n])}/")
                # Gone since the search: somebody erased it meanwhile.
                records = [] if contact is None else list(_contact_records(as_object(contact)))
                reports, r = [] if contact is None else self._reports(as_object(contact)), 0
            else:
                records = self._report(reports[r][0], reports[r][1], who[n])
                r += 1
            if r >= len(reports):
                n, reports, r = n + 1, None, 0
            after = {"who": who, "n": n, "reports": reports, "r": r}
            yield Page(tuple(records), after if n < len(who) else None)

    def stop(self, identifier: Identifier, left: Operational) -> list[dict[str, str]] | None:
        """Cancel every subscription of a contact that runs, to lists of marketing. None when there is no such contact.

        ``cancelled`` is the one field of a subscriber that says so; an answer that does not show it set is a fault.
        """
        answer = self._http.find(f"/contacts/{segment(identifier.value)}/")
        if answer is None:
            self.ping()  # a wrong address of the system is not taken for nobody known
            return None
        contact = as_object(answer)
        email, changed = optional_str(contact, "email"), []
        if not same(identifier.kind, email, normalise(identifier.kind, identifier.value)):  # asked in another form
            raise ConnectorError(Fault.WRONG_TYPE, field="email")
        for one in optional_objects(contact, "lists"):
            if one.get("subscription_cancelled"):
                continue
            list_hash = expect_id(one, "hash")
            if left.holds(list_hash, optional_str(one, "name")):
                continue
            path = f"/lists/{segment(list_hash)}/subscribers/{segment(email)}/"
            now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            cancelled = optional_str(as_object(self._http.patch(path, {"cancelled": now})), "cancelled")
            if moment(cancelled) is None:
                raise ConnectorError(Fault.WRONG_TYPE, field="cancelled")
            changed.append({"list": list_hash, "status": "cancelled", "at": cancelled})
        return changed

    @property
    def requests(self) -> int:
        """Requests made so far."""
        return self._http.requests

    def _reports(self, contact: Mapping[str, Any]) -> list[list[str]]:
        """Id and subject of the mailings that can have reached the contact: sent to its lists since it came onto one."""
        lists = optional_objects(contact, "lists")
        names = {optional_str(one, name) for one in lists for name in ("name", "hash")}
        begun = [when for one in lists if (when := moment(one.get("subscription_created")))]
        found = []
        for report in self._all("/reports/"):
            sent_to, sent = report.get("sent_to_lists"), moment(report.get("sent"))
            elsewhere = isinstance(sent_to, list) and not names & {str(one) for one in sent_to}
            before = begun and sent is not None and sent < min(begun)
            if not elsewhere and not before:
                found.append([expect_id(report, "id"), optional_str(report, "mail_subject")])
        return found

    def _report(self, report: str, subject: str, email: str) -> list[Record]:
        """What one report says of one contact; the other receivers' rows are let go."""
        records: list[Record] = []
        for part, when in PARTS.items():
            own = [
                {
                    **{key: value for key, value in item.items() if key not in {"url", "contact_url"}},
                    "activity_type": part,
                    "campaign_title": subject,
                    "campaign_id": report,
                }
                for item in self._all(f"/reports/{segment(report)}/{part}/")
                if same(IdentifierKind.EMAIL, optional_str(item, "contact"), email)
            ]
            records += shape.keyed(shape.ACTIVITY, own, when=when, within=email, group=email)
        return records

    def _all(self, path: str) -> Iterator[dict[str, Any]]:
        self._guard.next_step()
        page = "1"
        while page:
            answer = as_object(self._http.get(path, {"page": page}))
            items = expect_objects(answer, "results")
            self._guard.saw(items)
            yield from items
            link = optional_str(answer, "next")
            page = self._http.next_query(link).get("page", "") if link else ""
            if link and not page:
                raise ConnectorError(Fault.WRONG_TYPE, field="next")


def _contact_records(contact: Mapping[str, Any]) -> Iterator[Record]:
    email = optional_str(contact, "email")
    attributes = as_object(contact.get("attributes") or {}, "attributes")
    fields = {key: value for key, value in contact.items() if key not in {"attributes", "lists", "url"}}
    # The contact's own fields stand before attributes that happen to have the same name.
    plain = {key if key not in fields else f"attributes.{key}": value for key, value in attributes.items()}
    when = moment(contact.get("created"))
    yield Record(email, shape.SUBSCRIBER.key, shape.SUBSCRIBER.kind, when, {**fields, **plain})
    for one in optional_objects(contact, "lists"):
        key = f"{email}:{expect_id(one, 'subscription_id')}"
        begun = moment(one.get("subscription_created"))
        yield Record(key, shape.SUBSCRIPTIONS.key, shape.SUBSCRIPTIONS.kind, begun, one)
