"""Values that no calendar can move are printed as they stand."""

from __future__ import annotations

import pytest

from requests_app.documents.formatting import format_value
from requests_app.domain.records import FieldSpec, FieldType


@pytest.mark.parametrize("never", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00"])
def test_a_time_that_stands_for_never_is_printed_as_it_stands(never: str) -> None:
    assert format_value(never, FieldSpec("Till", "Until", FieldType.DATETIME), "sv") == never
