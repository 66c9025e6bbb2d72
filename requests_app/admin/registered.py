"""Registers the admin's pages, once all models are there."""

from __future__ import annotations


def register_all() -> None:
    """Called when the app is ready."""
