"""A small client of the API: file a request for a person who is logged in with you, follow it, write, and fetch the answer."""

import hashlib
import time
import uuid

import httpx


class Requests:
    def __init__(
        self, http: httpx.Client, client_id: str, secret: str
    ) -> None:  # base_url="https://dsr.example.se/api/v1"
        self.http, self.login, self.token, self.until = http, (client_id, secret), "", 0.0

    def call(self, method: str, path: str, subject: str = "", **sent: object) -> httpx.Response:
        if time.monotonic() > self.until:
            got = self.http.post("token", auth=self.login, data={"grant_type": "client_credentials"})
            got.raise_for_status()
            self.token, self.until = got.json()["access_token"], time.monotonic() + got.json()["expires_in"] - 30
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "sv", "X-Subject": subject}
        key = sent.pop("key", None) or str(
            uuid.uuid4()
        )  # keep the key of what you send, and send it again if no answer came
        headers |= {"Idempotency-Key": str(key)} if method == "POST" else {}
        answer = self.http.request(method, path, headers={k: v for k, v in headers.items() if v}, **sent)
        if answer.status_code == 429:
            time.sleep(int(answer.headers["Retry-After"]))
            return self.call(method, path, subject, key=key, **sent)
        return answer.raise_for_status()

    def fetch(self, subject: str, file: dict) -> bytes:
        data = self.call("GET", file["url"].removeprefix("/api/v1/"), subject).content
        if hashlib.sha256(data).hexdigest() != file["sha256"]:
            raise ValueError("the file was damaged on its way")
        return data
