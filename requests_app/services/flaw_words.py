"""What is wrong in a description, line by line, in words for whoever writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from requests_app.connectors.described.text import Flaw


def flaw_sentence(flaw: Flaw) -> str:
    """What is wrong, beginning with the line it stands on. The place is named by its keys, never by a value."""
    params = {"place": flaw.place or _("the description"), "key": "", "allowed": ""} | dict(flaw.params)
    return _("Line %(line)d: %(said)s") % {"line": flaw.line, "said": _said(flaw.code) % params}


def _said(code: str) -> str:
    return {
        "too_long": _("the description is too long."),
        "empty": _("%(place)s is empty."),
        "not_yaml": _(
            "this cannot be read as YAML or JSON. Look at colons, quotation marks and how far lines are indented."
        ),
        "alias": _("references (&, *) cannot be used in a description."),
        "too_deep": _("too many things stand inside each other."),
        "tag": _("types (!) cannot be used in a description."),
        "key_not_text": _("a name must be a plain word."),
        "key_twice": _("%(key)s stands here twice."),
        "missing": _("%(key)s is missing in %(place)s."),
        "unknown": _("there is nothing called %(key)s here. Is it misspelt, or indented too far?"),
        "wrong_type": _("%(place)s is of the wrong sort, such as a text where a list should be."),
        "not_one_of": _("%(place)s must be one of: %(allowed)s."),
        "wrong_form": _("%(place)s is not written as it must be."),
        "not_one_form": _("%(place)s has too little, or things that do not go together."),
        "out_of_range": _("%(place)s is too large, too small or too long."),
        "no_such_timezone": _("%(place)s is no time zone. Write it as Europe/Stockholm."),
        "not_jmespath": _("%(place)s is not written as JMESPath."),
        "no_such_name": _(
            "nothing is called %(key)s here. What stands in braces must be a setting, a secret or something that was kept."
        ),
        "secret_in_the_open": _(
            "%(key)s must be a secret, since a description can be read by others. Give it a name under secrets, write the name in "
            "braces here, and enter the key itself under Settings."
        ),
        "no_such_filter": _("there is no filter %(key)s."),
        "brace": _("%(place)s has a brace too many or too few."),
        "no_such_read": _("there is no read called %(key)s before this one."),
        "no_such_category": _("there is no category called %(key)s."),
        "read_for_nothing": _("%(place)s gives nothing: say its category, or what is kept of it."),
        "asked_by_nothing": _("%(place)s does not say by which identifiers it is asked."),
        "several_targets": _("%(place)s can refer to one thing alone."),
        "no_such_table": _("there is no table called %(key)s in the description."),
        "no_such_file": _("there is no file called %(key)s in the description."),
        "no_key": _("%(key)s has no key to refer to."),
        "no_person": _(
            "no request in the document takes an e-mail address, a telephone number, a personnummer or a customer number."
        ),
        "goes_round": _("%(key)s refers back to itself."),
    }.get(code, _("%(place)s cannot be used as it is written."))
