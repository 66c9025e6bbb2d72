"""Addresses of the API, under ``/api/v1/``."""

from __future__ import annotations

from requests_app.api import operations as operations
from requests_app.api.interface import api

urlpatterns, _app, namespace = api.urls
