"""Benchmarks, run as ``python -m bench.<name>``: on the settings of the tests, so on throw-away keys, folders and databases."""

import os

import django
from django.apps import apps

if not apps.ready:  # a test that measures quality with a benchmark has Django already
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
