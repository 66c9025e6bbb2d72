"""The program around the stand-ins: sockets, routing to a system, faults on the way out."""

from __future__ import annotations

import ipaddress
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from sandbox import (
    api_apsis,
    api_campaign,
    api_getanewsletter,
    api_imbox,
    api_mailchimp,
    api_mina_sidor,
    api_mitt_hem,
    api_rule,
)
from sandbox.control import Control, Fault
from sandbox.spoil import ERROR_PAGE, spoilt
from sandbox.wire import Answer, Refused, Request, read_target

if TYPE_CHECKING:
    from types import ModuleType

SYSTEMS: dict[str, ModuleType] = {
    "mina_sidor": api_mina_sidor,
    "mitt_hem": api_mitt_hem,
    "imbox": api_imbox,
    "mailchimp": api_mailchimp,
    "getanewsletter": api_getanewsletter,
    "rule": api_rule,
    "apsis": api_apsis,
    "campaign": api_campaign,
}
MAX_BODY = 1_000_000
CHUNK = b" " * 65_536


class Server(ThreadingHTTPServer):
    """The stand-ins on one port of a loopback address."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, host: str, port: int, latency: float = 0.0) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the sandbox listens on loopback addresses only")
        self.control = Control(latency)
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = 60

    def do_GET(self) -> None:
        """Answer any method: what a method may do is the system's business."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MAX_BODY))
        path, query = read_target(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(self.command, path, query, headers, body)
        if path.startswith("/_control"):
            request.base_url = f"http://{headers.get('host', '127.0.0.1')}"
            self._send(self._controlled(request))
            return
        for name, system in SYSTEMS.items():
            if path.startswith(system.PREFIX + "/"):
                request.path = path.removeprefix(system.PREFIX)
                request.base_url = f"http://{headers.get('host', '127.0.0.1')}{system.PREFIX}"
                self._answer(name, system, request)
                return
        self._send(Answer(404, {"error": "no system answers here"}))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: addresses hold keys and personal data."""

    def _controlled(self, request: Request) -> Answer:
        try:
            return self.server.control.answer(request)
        except Refused as refused:
            return Answer(refused.status, {"error": refused.message})
        except (KeyError, TypeError, ValueError):
            return Answer(400, {"error": "a value is missing or of the wrong type"})

    def _answer(self, name: str, system: ModuleType, request: Request) -> None:
        control, answer, fault = self.server.control, Answer(500), None
        try:
            control.begin(name)
            fault = control.fault(name, request.path)
            answer = self._with_fault(system, request, fault)
        except Refused as refused:
            answer = system.refuse(refused)
            if refused.status == 429:
                answer.headers["Retry-After"] = refused.code or "1"
        finally:
            control.end(name, request.route, answer.status)
        self._send(answer, fault)

    def _with_fault(self, system: ModuleType, request: Request, fault: Fault | None) -> Answer:
        kind = fault.fault if fault else ""
        if fault is None:
            return _plain(system, request)
        match kind:
            case "500":
                return Answer(500, ERROR_PAGE, {"Content-Type": "text/html"})
            case "429":
                raise Refused(429, code=str(fault.retry_after))
            case "401" | "403":
                raise Refused(int(kind))
            case "redirect":
                return Answer(302, b"", {"Location": fault.location})
            case "slow":
                self.server.control.sleep(fault.seconds)
        request.endless = kind == "endless_paging"
        request.foreign_next = kind == "foreign_next"
        return spoilt(_plain(system, request), kind)

    def _send(self, answer: Answer, fault: Fault | None = None) -> None:
        kind = fault.fault if fault else ""
        content = answer.content()
        size = fault.megabytes * 1_000_000 if fault and kind == "huge" else len(content)
        self.send_response(answer.status)
        for key, value in ({"Content-Type": "application/json; charset=utf-8"} | answer.headers).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        if kind == "cut_off":
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif kind == "huge":
            self._write_spaces(size)
        else:
            self.wfile.write(content)

    def _write_spaces(self, size: int) -> None:
        """A JSON body that is nothing but spaces and an empty list."""
        for _ in range((size - 2) // len(CHUNK)):
            self.wfile.write(CHUNK)
        self.wfile.write(CHUNK[: (size - 2) % len(CHUNK)] + b"[]")


def _plain(system: ModuleType, request: Request) -> Answer:
    if request.method not in getattr(system, "METHODS", ("GET",)):
        raise Refused(405, "Method not allowed")
    answer: Answer = system.answer(request)
    return answer
