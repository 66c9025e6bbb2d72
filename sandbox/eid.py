"""``python -m sandbox.eid``: a made-up provider of eID over OpenID Connect, with faults on demand under ``/_control``."""

from __future__ import annotations

import argparse
import base64
import ipaddress
import json
import secrets
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from sandbox import eid_pages
from sandbox.cast import CAST
from sandbox.eid_tokens import (
    CLIENT_ID,
    CLIENT_SECRET,
    LIFE,
    PROFILES,
    TOKEN_FAULTS,
    Grant,
    Keys,
    challenge_of,
    id_token,
    providers,
    userinfo,
)
from sandbox.wire import Answer, Refused, Request, read_target

HTML = {"Content-Type": "text/html; charset=utf-8"}
MAX_BODY = 100_000


class Provider:
    """All that the stand-in remembers, and its answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self.keys = Keys()
        self.reset()

    def reset(self) -> None:
        """As at the start, but for the keys."""
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.faults: list[dict[str, Any]] = []
        self.seen: list[str] = []
        self.last: Grant | None = None
        self.ended = 0

    def fault(self, *names: str) -> str:
        """The first of these faults that is on, or nothing; it is used once less from then on."""
        with self._lock:
            for item in self.faults:
                if item["fault"] in names and item["times"] > 0:
                    item["times"] -= 1
                    return str(item["fault"])
        return ""

    def answer(self, request: Request) -> Answer:
        """Answer any request."""
        if request.path.startswith("/_control"):
            return self._controlled(request)
        profile, _, rest = request.path.lstrip("/").partition("/")
        if profile not in PROFILES:
            raise Refused(404, "no provider answers here")
        self.seen.append(rest)
        if spoilt := self._spoilt(rest):
            return spoilt
        issuer = f"{request.base_url}/{profile}"
        match (request.method, rest):
            case ("GET", ".well-known/openid-configuration"):
                return self._described(issuer)
            case ("GET", "jwks"):
                return Answer(200, self.keys.published())
            case ("GET", "authorize"):
                return self._choose(request)
            case ("POST", "authorize"):
                return self._chosen(request, profile, issuer)
            case ("POST", "token"):
                return self._token(request, profile)
            case ("GET", "userinfo"):
                return self._userinfo(request)
            case ("GET", "logout"):
                return self._logout(request)
        raise Refused(404, "no such page")

    def _spoilt(self, rest: str) -> Answer | None:
        """Faults of the whole page; ``slow@token`` and such name the page."""
        kinds = ("slow", "down", "html", "redirect")
        match self.fault(*(f"{kind}@{rest.rpartition('/')[2]}" for kind in kinds)).partition("@")[0]:
            case "slow":
                self.stopping.wait(30)
            case "down":
                return Answer(503, {"error": "temporarily_unavailable"})
            case "html":
                return Answer(200, b"<html>", HTML)
            case "redirect":
                return Answer(302, b"", {"Location": "/elsewhere"})
        return None

    def _described(self, issuer: str) -> Answer:
        fault = self.fault("other_issuer", "no_logout")
        found = {
            "issuer": "https://eid.example.org" if fault == "other_issuer" else issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/jwks",
            "end_session_endpoint": f"{issuer}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }
        if fault == "no_logout":
            del found["end_session_endpoint"]
        return Answer(200, found)

    def _choose(self, request: Request) -> Answer:
        asked = request.query
        if asked.get("client_id") != CLIENT_ID or not _is_local(asked.get("redirect_uri", "")):
            raise Refused(400, "unknown client or address")
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return _back(asked, error="invalid_request")
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return _back(asked, error="invalid_request", error_description="PKCE is needed")
        kept = {name: asked.get(name, "") for name in ("redirect_uri", "state", "nonce", "code_challenge")}
        return Answer(200, eid_pages.choose(kept, _language(asked)), HTML)

    def _chosen(self, request: Request, profile: str, issuer: str) -> Answer:
        form = _form(request)
        if not _is_local(form.get("redirect_uri", "")):
            raise Refused(400, "unknown address")
        if "cancel" in form or self.fault("access_denied"):
            return _back(form, error="access_denied")
        if self.fault("server_error"):
            return _back(form, error="server_error")
        if form.get("person") not in CAST:
            raise Refused(400, "nobody was chosen")
        code = secrets.token_urlsafe(24)
        self.grants[code] = Grant(
            profile,
            issuer,
            CAST[form["person"]],
            form["redirect_uri"],
            form.get("code_challenge", ""),
            form.get("nonce", ""),
        )
        if self.fault("wrong_state"):
            form["state"] = "made-up"
        return _back(form, code=code, iss="https://eid.example.org" if self.fault("wrong_iss") else issuer)

    def _token(self, request: Request, profile: str) -> Answer:
        form = _form(request)
        if _client(request, form) != (CLIENT_ID, CLIENT_SECRET):
            return Answer(401, {"error": "invalid_client"})
        grant = self.grants.get(form.get("code", ""))
        with self._lock:
            good = grant is not None and not grant.used and grant.profile == profile
            if grant is not None:
                grant.used = True
        if grant is None or not good or form.get("redirect_uri") != grant.redirect_uri:
            return Answer(400, {"error": "invalid_grant"})
        if challenge_of(form.get("code_verifier", "")) != grant.challenge:
            return Answer(400, {"error": "invalid_grant", "error_description": "the verifier does not fit"})
        access_token = secrets.token_urlsafe(24)
        self.tokens[access_token] = grant
        told = {"access_token": access_token, "token_type": "Bearer", "expires_in": LIFE}
        if not self.fault("no_token"):
            wrong = self.fault(*TOKEN_FAULTS)
            told["id_token"] = id_token(self.keys, grant, access_token, wrong, self.last)
        self.last = grant
        return Answer(200, told)

    def _userinfo(self, request: Request) -> Answer:
        grant = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            return Answer(401, {"error": "invalid_token"})
        return Answer(200, userinfo(grant, self.fault("other_subject")))

    def _logout(self, request: Request) -> Answer:
        asked = request.query
        if asked.get("client_id") != CLIENT_ID or asked.get("id_token_hint", "a.b.c").count(".") != 2:
            raise Refused(400, "client_id is needed, and id_token_hint must be a token")
        self.ended += 1
        where = asked.get("post_logout_redirect_uri", "")
        if _is_local(where):
            return Answer(302, b"", {"Location": where})
        return Answer(200, eid_pages.logged_out(_language(asked)), HTML)

    def _controlled(self, request: Request) -> Answer:
        match (request.method, request.path):
            case ("POST", "/_control/faults"):
                body = json.loads(request.body)
                self.faults.append({"fault": str(body["fault"]), "times": int(body.get("times", 1))})
            case ("POST", "/_control/rotate"):
                self.keys.rotate()
            case ("POST", "/_control/reset"):
                self.reset()
            case ("GET", "/_control/settings"):
                return Answer(200, providers(request.base_url))
            case ("GET", "/_control/requests"):
                return Answer(200, {"paths": self.seen, "ended": self.ended})
            case _:
                raise Refused(404, "no such control")
        return Answer(200, {"result": "done"})


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    given = request.headers.get("authorization", "")
    if given.startswith("Basic "):
        name, _, secret = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
        return unquote(name), unquote(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _is_local(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and parts.hostname in {"127.0.0.1", "localhost", "testserver"}


def _language(asked: dict[str, str]) -> str:
    return "en" if asked.get("ui_locales", "").startswith("en") else "sv"


def _back(form: dict[str, str], **said: str) -> Answer:
    query = urlencode({**said, "state": form.get("state", "")})
    return Answer(302, b"", {"Location": f"{form['redirect_uri']}?{query}"})


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Answer any method."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY))
        path, query = read_target(self.path)
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(
            self.command, path, query, headers, body, base_url=f"http://{headers.get('host', '127.0.0.1')}"
        )
        try:
            answer = self.server.provider.answer(request)
        except Refused as refused:
            answer = Answer(refused.status, eid_pages.refused(refused.message), HTML)
        except (KeyError, TypeError, ValueError):
            answer = Answer(400, {"error": "invalid_request"})
        content = answer.content()
        self.send_response(answer.status)
        for key, value in ({"Content-Type": "application/json"} | answer.headers).items():
            self.send_header(key, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: addresses hold codes and tokens."""


class Server(ThreadingHTTPServer):
    """The provider on one port of a loopback address."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the made-up provider listens on loopback addresses only")
        self.provider = Provider()
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def main() -> int:
    """Serve; 0 after SIGTERM or Ctrl-C, 2 when the address cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.eid", description="A made-up provider of eID")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8098, help="0 takes a free one (default: %(default)s)")
    options = parser.parse_args()
    try:
        server = Server(options.host, options.port)
    except (OSError, OverflowError, ValueError) as error:
        print(f"eid cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2

    def stop(*_: object) -> None:
        server.provider.stopping.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"eid listening on http://{server.server_address[0]!s}:{server.server_address[1]}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
