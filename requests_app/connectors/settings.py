"""Checking what the administrator entered for a system, before any request is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from requests_app.connectors.addresses import address_setting
from requests_app.connectors.base import ConnectorError, Fault, SettingSpec, SettingType
from requests_app.connectors.http import segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PLACE = re.compile(r"\{(\w+)\}")
_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/-]*")
_DOTTED = re.compile(r"(^|/)\.{1,2}(/|$)")

BASE_URL = SettingSpec("base_url", "Systemets adress", "Address of the system", SettingType.URL)


def check_settings(specs: Iterable[SettingSpec], settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Raise MISCONFIGURED (params: setting) or SECRET_MISSING (params: secret) for the first that is missing or of the wrong sort."""
    for spec in specs:
        if spec.secret:
            _check_secret(spec, secrets)
        else:
            _check_setting(spec, setting(spec, settings))


def setting(spec: SettingSpec, settings: Mapping[str, Any]) -> Any:
    """The value entered, or the default."""
    value = settings.get(spec.key)
    return spec.default if value is None or value == "" else value


def misconfigured(key: str) -> ConnectorError:
    """The fault that names a setting."""
    return ConnectorError(Fault.MISCONFIGURED, setting=key)


def _check_secret(spec: SettingSpec, secrets: Mapping[str, str]) -> None:
    value = secrets.get(spec.key)
    if not value:
        if spec.required:
            raise ConnectorError(Fault.SECRET_MISSING, secret=spec.key)
        return
    # What stands in a header or a path must be plain text; a pasted line break would otherwise fail far from here.
    if not isinstance(value, str) or not (value.isascii() or spec.any_letters) or not value.isprintable():
        raise misconfigured(spec.key)


def _check_setting(spec: SettingSpec, value: Any) -> None:
    if value is None:
        if spec.required:
            raise misconfigured(spec.key)
        return
    fits = {
        SettingType.TEXT: isinstance(value, str),
        SettingType.URL: isinstance(value, str),
        SettingType.INTEGER: isinstance(value, int) and not isinstance(value, bool) and value > 0,
        SettingType.BOOLEAN: isinstance(value, bool),
        SettingType.CHOICE: value in spec.choices,
        SettingType.JSON: isinstance(value, dict | list),
        SettingType.DESCRIPTION: isinstance(value, str),
        SettingType.LINES: isinstance(value, str),
    }
    if not fits[spec.type]:
        raise misconfigured(spec.key)
    if spec.type is SettingType.URL:
        address_setting(value, spec.key)


def check_paths(paths: Any, wanted: Mapping[str, tuple[str, ...]], key: str = "paths") -> None:
    """Raise MISCONFIGURED unless ``paths`` has a clean path for every name, with just the places ``wanted`` gives it."""
    if not isinstance(paths, dict):
        raise misconfigured(key)
    for name, places in wanted.items():
        path = paths.get(name)
        if not isinstance(path, str) or sorted(_PLACE.findall(path)) != sorted(places):
            raise misconfigured(key)
        fixed = _PLACE.sub("x", path)
        if not _PATH.fullmatch(fixed) or _DOTTED.search(fixed):
            raise misconfigured(key)


def filled(path: str, **values: str) -> str:
    """``path`` with its places filled by values that cannot climb out of them."""
    return _PLACE.sub(lambda place: segment(values[place[1]]), path)
