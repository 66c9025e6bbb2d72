"""``{% wording "name" due_on=... %}text with {due_on}{% endwording %}``: a passage of a letter whose wording may be changed.

``states="element"`` names the mandatory element that the passage states as a whole, where that is not the passage's own name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.template.base import TextNode, render_value_in_context, token_kwargs
from django.utils.html import conditional_escape

from requests_app.documents.wordings import normalised, passage_html

if TYPE_CHECKING:
    from django.template.base import FilterExpression, Parser, Token
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()


class WordingNode(template.Node):
    """A passage: the text we ship, and the values that its placeholders stand for."""

    def __init__(self, name: str, states: str, text: str, values: dict[str, FilterExpression]) -> None:
        self.name = name
        self.states = states
        self.text = normalised(text)
        self.values = values

    def render(self, context: Context) -> SafeString:
        """The passage in the wording of the letter, or in ours."""
        text = context["wording"].get(self.name, self.text)
        values = {
            name: conditional_escape(render_value_in_context(value.resolve(context), context))
            for name, value in self.values.items()
        }
        return passage_html(self.name, self.states, text, values)


@register.tag
def wording(parser: Parser, token: Token) -> WordingNode:
    """Read a passage. It holds nothing but text: what is filled in comes by the tag's own values."""
    tag, *bits = token.split_contents()
    if not bits or bits[0][:1] not in {'"', "'"}:
        raise template.TemplateSyntaxError(f"{tag} wants the name of the passage in quotes")
    name = bits.pop(0)[1:-1]
    states = name
    if bits and bits[0].startswith("states="):
        states = bits.pop(0).removeprefix("states=")[1:-1]
    values = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"{tag} does not know what {bits[0]} is")
    nodes = parser.parse(("endwording",))
    parser.delete_first_token()
    if len(nodes) != 1 or not isinstance(nodes[0], TextNode):
        raise template.TemplateSyntaxError(f"the passage {name} holds something else than text")
    return WordingNode(name, states, nodes[0].s, values)
