"""One value as HTML, thousands of which stand on a page: made here, since a template for each would take longer than all the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN, SUGGESTED = "dsr-hidden", "dsr-suggested"
"""How a run of text is marked."""
_EYE = '<span class="material-symbols-outlined" aria-hidden="true">visibility_off</span>'


class ValueHtml:
    """Writes values in the language of the page; ``may_mask`` says whether a button to mask stands beside each."""

    def __init__(self, *, may_mask: bool) -> None:
        self._may_mask = may_mask
        self._mask, self._masked = escape(_("Mask")), escape(_("masked"))

    def value(
        self, label: str, named: str, runs: Iterable[tuple[str, str]], *, spans: bool, masked: bool, button: bool
    ) -> SafeString:
        """The text, in runs each with how it is marked; ``named`` is what its place is called, empty when it has none.

        Nothing stands between the signs of the text, since places in it are counted by the script.
        """
        text = "".join(f'<mark class="{css}">{escape(run)}</mark>' if css else escape(run) for run, css in runs)
        place = f' data-span="{named}"' if spans and named else ""
        html = f'<bdi class="dsr-text"{place}>{text}</bdi>'
        if masked:
            html += f'<span class="sr-only"> ({self._masked})</span>'
        elif button and named and self._may_mask:
            html += (
                f'<button type="submit" form="mask-form" name="value" value="{named}" class="dsr-mask" title="{self._mask}"'
                f' aria-label="{self._mask}: {escape(label)}">{_EYE}</button>'
            )
        return mark_safe(html)  # noqa: S308 - every text in it is escaped above

    def words(self, text: str) -> SafeString:
        """Words of ours in place of a value."""
        return mark_safe(f'<bdi class="dsr-text">{escape(text)}</bdi>')  # noqa: S308 - escaped
