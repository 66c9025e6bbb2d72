"""Faults on demand, rate limits, latency and counts: what a test turns on and reads under ``/_control``."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox import data_newsletter
from sandbox.cast import CAST
from sandbox.notes import NOTES
from sandbox.settings import systems
from sandbox.wire import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEMS = ("mina_sidor", "mitt_hem", "imbox", "mailchimp", "getanewsletter", "rule", "apsis", "campaign")
ALIASES = {
    "chatt": "imbox",
    "nyhetsbrev": "mailchimp",
    "nyhetsbrev_gan": "getanewsletter",
    "nyhetsbrev_rule": "rule",
    "nyhetsbrev_apsis": "apsis",
    "nyhetsbrev_campaign": "campaign",
}
PAGED = frozenset(SYSTEMS) - {"mitt_hem", "rule", "apsis"}
LINKED = frozenset({"imbox", "getanewsletter"})
FAULTS = {
    "500": SYSTEMS,
    "429": SYSTEMS,
    "401": SYSTEMS,
    "403": SYSTEMS,
    "slow": SYSTEMS,
    "cut_off": SYSTEMS,
    "broken_json": SYSTEMS,
    "wrong_types": SYSTEMS,
    "wrong_items": SYSTEMS,
    "endless_paging": PAGED,
    "foreign_next": LINKED,
    "redirect": SYSTEMS,
    "huge": SYSTEMS,
}
"""Each fault and the systems that can show it."""
AT_ONCE = {"mailchimp": 10}
"""Simultaneous connections a vendor allows."""
VENDOR_LIMITS = {"getanewsletter": (1000, 60.0)}
"""Requests in so many seconds that a vendor allows."""


@dataclass
class Fault:
    """A fault in line, and how many requests it has let through and spoilt."""

    system: str
    fault: str
    times: int = 1
    after: int = 0
    path: str = ""
    seconds: float = 5.0
    retry_after: int = 1
    location: str = ""
    megabytes: int = 80
    passed: int = 0
    used: int = 0


@dataclass
class Count:
    """What a system was asked."""

    total: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    now: int = 0
    most_at_once: int = 0


class Control:
    """The state a test can change; safe to use from several threads."""

    def __init__(self, latency: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._first_latency = latency
        self.stopping = threading.Event()
        self.reset()

    def reset(self) -> None:
        """As at the start, what was changed in the systems too."""
        data_newsletter.restore()
        with self._lock:
            self._faults: list[Fault] = []
            self._latency = dict.fromkeys(SYSTEMS, self._first_latency)
            self._limits = dict(VENDOR_LIMITS)
            self._times: dict[str, deque[float]] = {system: deque() for system in SYSTEMS}
            self._counts = {system: Count() for system in SYSTEMS}

    def begin(self, system: str) -> None:
        """A request has come in: wait out the latency, and raise ``Refused`` 429 above the vendor's limits."""
        with self._lock:
            count = self._counts[system]
            count.total += 1
            count.now += 1
            count.most_at_once = max(count.most_at_once, count.now)
            crowded = count.now > AT_ONCE.get(system, count.now)
            wait = self._wait(system)
            latency = self._latency[system]
        self.sleep(latency)
        if crowded:
            raise Refused(429)
        if wait:
            raise Refused(429, f"Request was throttled. Expected available in {wait} seconds.", code=str(wait))

    def end(self, system: str, route: str, status: int) -> None:
        """A request has been answered."""
        with self._lock:
            count = self._counts[system]
            count.now = max(count.now - 1, 0)  # it began before a reset
            count.statuses[str(status)] += 1
            count.routes[route or "other"] += 1

    def _wait(self, system: str) -> int:
        """Seconds until the rate limit allows another request, 0 when it does now."""
        if system not in self._limits:
            return 0
        most, seconds = self._limits[system]
        now, times = time.monotonic(), self._times[system]
        while times and times[0] <= now - seconds:
            times.popleft()
        if len(times) >= most:
            return max(math.ceil(times[0] + seconds - now), 1)
        times.append(now)
        return 0

    def fault(self, system: str, path: str) -> Fault | None:
        """The fault that spoils this request, if any."""
        with self._lock:
            for fault in self._faults:
                if fault.system != system or fault.path not in path:
                    continue
                if fault.passed < fault.after:
                    fault.passed += 1
                elif fault.times == 0 or fault.used < fault.times:
                    fault.used += 1
                    return fault
        return None

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the end of the program."""
        if seconds > 0:
            self.stopping.wait(seconds)

    def answer(self, request: Request) -> Answer:
        """Answer a request under ``/_control``."""
        match (request.method, request.path):
            case ("POST", "/_control/faults"):
                return self._add_faults(request.json)
            case ("DELETE", "/_control/faults"):
                return self._clear_faults(request.query.get("system", "*"))
            case ("POST", "/_control/latency"):
                return self._set_latency(request.json)
            case ("POST", "/_control/limits"):
                return self._set_limit(request.json)
            case ("GET", "/_control/settings"):
                return Answer(200, systems(request.base_url))
            case ("GET", "/_control/people"):
                return Answer(200, {"people": _people()})
            case ("GET", "/_control/requests"):
                return Answer(200, self._summary())
            case ("POST", "/_control/reset"):
                self.reset()
                return Answer(200, {"result": "reset"})
        raise Refused(404, "no such control")

    def _add_faults(self, body: dict[str, Any]) -> Answer:
        known = set(Fault.__dataclass_fields__) - {"passed", "used"}
        if unknown := sorted(set(body) - known):
            raise Refused(400, f"unknown: {', '.join(unknown)}")
        kind = str(body.get("fault", ""))
        if kind not in FAULTS:
            raise Refused(400, f"fault must be one of {', '.join(FAULTS)}")
        systems = list(_systems(str(body.get("system", "*"))))
        if body.get("system", "*") != "*" and not set(systems) <= set(FAULTS[kind]):
            raise Refused(400, f"{kind} is not for {systems[0]}")
        values = {
            key: type(getattr(Fault, key))(value) for key, value in body.items() if key not in ("system", "fault")
        }
        with self._lock:
            self._faults += [Fault(system, kind, **values) for system in systems if system in FAULTS[kind]]
        return Answer(200, {"faults": len(self._faults)})

    def _clear_faults(self, system: str) -> Answer:
        cleared = set(_systems(system))
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.system not in cleared]
        return Answer(200, {"faults": len(self._faults)})

    def _set_latency(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            for system in _systems(str(body.get("system", "*"))):
                self._latency[system] = float(body["seconds"])
        return Answer(200, {"latency": self._latency})

    def _set_limit(self, body: dict[str, Any]) -> Answer:
        with self._lock:
            for system in _systems(str(body.get("system", "*"))):
                self._times[system].clear()
                self._limits.pop(system, None)
                if int(body["requests"]):
                    self._limits[system] = (int(body["requests"]), float(body["seconds"]))
        return Answer(200, {"limits": self._limits})

    def _summary(self) -> dict[str, Any]:
        with self._lock:
            return {
                system: {
                    "total": count.total,
                    "statuses": dict(count.statuses),
                    "routes": dict(count.routes),
                    "most_at_once": count.most_at_once,
                }
                for system, count in self._counts.items()
            }


def _people() -> list[dict[str, str]]:
    """Those of the cast who can log in: everybody with a number."""
    return [
        {
            "slug": person.slug,
            "name": person.name,
            "personnummer": person.personnummer,
            "note_sv": NOTES[person.slug][0],
            "note_en": NOTES[person.slug][1],
        }
        for person in CAST.values()
        if person.personnummer
    ]


def _systems(name: str) -> Iterator[str]:
    if name == "*":
        yield from SYSTEMS
    elif (system := ALIASES.get(name, name)) in SYSTEMS:
        yield system
    else:
        raise Refused(400, f"system must be one of {', '.join(SYSTEMS)} or *")
