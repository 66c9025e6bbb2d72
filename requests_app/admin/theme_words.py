"""Texts of the admin theme and of Django that lack Swedish, or plain Swedish. Marked here so that our own catalogue holds them."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

THEME = (
    _(" By %(filter_title)s "),
    _("Select record"),
    _("Select action"),
    _("Select action to run"),
    _("Run"),
    _("Run the selected action"),
    _("Select value"),
    _("Loading more results..."),
    _("No results matching your query"),
    _("Recent searches"),
    _("No recent searches"),
    _("You have been successfully logged out from the administration"),
    _("Change selected %(model)s"),
    _("View selected %(model)s"),
    _("Password-based authentication"),
    _(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to "
        "authenticate using other backends, such as Single Sign-On or LDAP."
    ),
    _("Date"),
    _("Type to search"),
    _("Welcome back to"),
    _("Forgotten your password or username?"),
    _("Filters"),
    _("Apply Filters"),
    _("Previous"),
    _("Next"),
    _("Light"),
    _("Dark"),
    _("System"),
    _("Return to site"),
    _("True"),
    _("False"),
    _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("Reset filters"),
    _("Select all rows"),
    _("General"),
    _("Cancel"),
    _("Submit"),
    _("More actions"),
    _("Go back"),
    _("This item will be deleted."),
    _("Click to cancel"),
    _("No data"),
    _("Toggle password visibility"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
)
