"""Write the API's description into the documents: ``python -m tests.api.write``."""

from __future__ import annotations

import json
import os
from pathlib import Path

COPY = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def described() -> str:
    """The description as it is published."""
    from ninja.responses import NinjaJSONEncoder

    from requests_app.api import urls as urls
    from requests_app.api.interface import api

    return json.dumps(api.get_openapi_schema(), indent=1, ensure_ascii=False, cls=NinjaJSONEncoder) + "\n"


def main() -> None:
    """Write it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    COPY.write_text(described(), encoding="utf-8")


if __name__ == "__main__":
    main()
