"""Asking the owner of a system for what no program can fetch: the link, the page's facts, the answer, questions and reminders.

Import the module that is meant (``links``, ``tasks``, ``drafts``, ``mapping``, ``answers``, ``messages``, ``asking``).
"""
