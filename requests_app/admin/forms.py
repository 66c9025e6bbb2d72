"""The look of our forms in the admin: the theme's own controls, one partial for each field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.widgets import Input
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    RADIO_CLASSES,
    SELECT_CLASSES,
    TEXTAREA_CLASSES,
)

_CLASSES: list[tuple[type[forms.Widget], list[str]]] = [
    (forms.CheckboxSelectMultiple, CHECKBOX_CLASSES),
    (forms.RadioSelect, RADIO_CLASSES),
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.ClearableFileInput, ["dsr-file"]),
    (forms.FileInput, ["dsr-file"]),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (Input, INPUT_CLASSES),
]


class StyledForm(forms.Form):
    """A form in the theme's look. ``open`` says that its fold stands open on the page."""

    required_css_class = "required"
    error_css_class = "errors"
    template_name = "admin/hemdsr/form.html"

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        options.setdefault("auto_id", f"id_{options['prefix']}_%s" if options.get("prefix") else "id_%s")
        super().__init__(*args, **options)
        for field in self.fields.values():
            style(field.widget)

    @property
    def open(self) -> bool:
        """Whether something was sent that has to be corrected."""
        return self.is_bound and bool(self.errors)

    def focus_first_error(self) -> None:
        """Let the browser go to the first field to correct, far down a long page as it may stand, also without scripts."""
        for field in self.fields.values():
            if isinstance(field.widget, FirstChoice):
                field.widget.begins = not self.errors
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return


class FirstChoice(forms.RadioSelect):
    """Radio buttons where a page begins: the chosen one has the focus, unless ``begins`` is taken back."""

    begins = True

    def create_option(
        self, name: str, value: Any, label: Any, selected: bool, index: int, subindex: Any = None, attrs: Any = None
    ) -> dict[str, Any]:
        """One button."""
        option: dict[str, Any] = super().create_option(name, value, label, selected, index, subindex, attrs)
        option["attrs"]["autofocus"] = selected and self.begins
        return option


def style(widget: forms.Widget) -> None:
    """Give a control the theme's classes."""
    for kind, classes in _CLASSES:
        if isinstance(widget, kind):
            widget.attrs["class"] = " ".join([*classes, widget.attrs.get("class", "")]).strip()
            return
