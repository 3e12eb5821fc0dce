"""Values put into an address, a header or a body, each in the way that the place wants."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from urllib.parse import quote

from django.utils.translation import gettext as _

from rollouts.executors.base import OptionError, Order

# A brace with a plain word in it; the braces of JSON have quotes or blanks after them.
_PLACE = re.compile(r"\{([a-z_]+)\}")
WORDS = (
    "plan", "percent", "before", "generation", "action", "key", "at", "stage", "version",
    "reason", "by",
)  # fmt: skip


def check(name: str, template: str, *, secret: bool = True) -> None:
    """Raise OptionError for the option ``name`` where a template has an unknown place."""
    known = (*WORDS, "secret") if secret else WORDS
    for word in _PLACE.findall(template):
        if word == "secret" and not secret:
            raise OptionError(name, _("The secret does not go into an address: servers log it."))
        if word not in known:
            places = ", ".join(f"{{{one}}}" for one in known)
            raise OptionError(
                name,
                _("{{{word}}} is not known; there are {places}.").format(word=word, places=places),
            )


def check_json(name: str, template: str, content_type: str) -> None:
    """Raise OptionError where a JSON body would not be JSON once its places are filled."""
    if not template or "json" not in content_type:
        return
    sample = Order("plan", 5, 0, 1, "advance", "plan:1:key", "2026-01-01T00:00:00Z", reason='"\n')
    try:
        json.loads(in_body(template, sample, '"', content_type))
    except ValueError as error:
        raise OptionError(
            name, _("The body is not JSON once it is filled in: {error}.").format(error=error)
        ) from error


def uses_secret(*templates: str) -> bool:
    return any("{secret}" in template for template in templates)


def in_address(template: str, order: Order) -> str:
    """Values are percent-encoded: none can leave its place in the address."""
    return _put(template, asdict(order), lambda text: quote(text, safe=""))


def in_header(template: str, order: Order, secret: str) -> str:
    """Values keep to one line: none can begin another header."""
    words = asdict(order) | {"secret": secret}
    return _put(template, words, lambda text: re.sub(r"[^\x20-\x7e]", " ", text))


def in_body(template: str, order: Order, secret: str, content_type: str) -> str:
    """Values as the body's kind writes them: JSON, a form, or plain text."""
    words = asdict(order) | {"secret": secret}
    if "json" in content_type:
        return _put(template, words, lambda text: json.dumps(text)[1:-1])
    if "urlencoded" in content_type:
        return _put(template, words, lambda text: quote(text, safe=""))
    return _put(template, words, str)


def _put(template: str, words: Mapping[str, object], written) -> str:
    return _PLACE.sub(lambda at: written(str(words.get(at[1], at[0]))), template)
