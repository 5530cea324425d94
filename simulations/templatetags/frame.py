"""Tags of the page's frame: theme, version, explanations."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

THEME_COOKIE = "theme"


@register.simple_tag(takes_context=True)
def theme_attribute(context: template.Context) -> SafeString | str:
    """`data-theme="dark"` where a person chose a theme; nothing where the device decides.

    The choice rides in a cookie, so that the first byte of a page is right and nothing flashes.
    """
    request: Any = context.get("request")
    theme = request.COOKIES.get(THEME_COOKIE) if request is not None else None
    return format_html('data-theme="{}"', theme) if theme in {"light", "dark"} else ""


@register.simple_tag
def version() -> str:
    """The version of the workbench."""
    return str(settings.VERSION)


@register.simple_tag
def tip(label: object, text: object) -> SafeString:
    """A label that explains itself on hover and focus: `{% tip "Delay" "Ticks from …" %}`."""
    return format_html('<button type="button" class="tip" data-tip="{}">{}</button>', text, label)
