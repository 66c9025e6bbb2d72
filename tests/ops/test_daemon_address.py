"""Where a daemon listens, as the environment says it."""

from __future__ import annotations

import pytest

from hemdsr import env


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("", None),
        ("/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
        ("clamav:3310", ("clamav", 3310)),
        ("[::1]:3310", ("::1", 3310)),
    ],
)
def test_it_is_a_socket_or_host_and_port(monkeypatch: pytest.MonkeyPatch, value: str, meant: object) -> None:
    monkeypatch.setenv("HEMDSR_CLAMD", value)
    assert env.daemon("HEMDSR_CLAMD", "") == meant


@pytest.mark.parametrize("value", ["clamav", "clamav:", ":3310", "clamav:0", "clamav:99999", "run/clamd.ctl"])
def test_anything_else_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HEMDSR_CLAMD", value)
    with pytest.raises(env.EnvironmentError_, match="HEMDSR_CLAMD"):
        env.daemon("HEMDSR_CLAMD", "")
