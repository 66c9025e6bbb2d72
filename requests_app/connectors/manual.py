"""The manual way: a person uploads what a system holds, or answers that it holds nothing. Works for every system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors.base import IdentifierKind, TestResult
from requests_app.connectors.uploads import BY_HAND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Page, Search, SettingSpec
    from requests_app.domain.records import CategorySpec


class Manual:
    """Connector of systems that no program can ask; ``uploads.read_upload`` makes the file into records."""

    key: ClassVar[str] = "manual"
    label_sv: ClassVar[str] = "Manuellt (någon laddar upp uppgifterna)"
    label_en: ClassVar[str] = "By hand (somebody uploads the data)"
    automatic: ClassVar[bool] = False
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(IdentifierKind)
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = ()
    categories: ClassVar[tuple[CategorySpec, ...]] = BY_HAND

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Nothing can be wrong: there is nothing to set."""

    def collect(self, search: Search) -> Iterator[Page]:
        """Nothing comes by itself."""
        return iter(())

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Always well: no connection is made."""
        return TestResult(ok=True)
