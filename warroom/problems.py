"""What the API answers when something is wrong, and which bodies it takes (RFC 9457)."""

import json
import math
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.parser import Parser
from pydantic import AfterValidator

from warroom.rules.moments import NOT_KEPT, can_be_kept

MOST_DIGITS = 400  # of a whole number in a body
MOST_DEPTH = 50


def _kept(at: datetime) -> datetime:
    if not can_be_kept(at):
        raise ValueError(NOT_KEPT)
    return at


Instant = Annotated[datetime, AfterValidator(_kept)]  # every instant that a body or address gives


def problem(status: int, detail: str, **more: Any) -> HttpResponse:
    """A problem document: what is wrong, and ``line`` or ``field`` where there is one."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    body |= {key: value for key, value in more.items() if value not in (None, "")}
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )


class StrictJson(Parser):
    """JSON that can be kept: finite numbers, whole characters, no NUL."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            data = json.loads(request.body, parse_int=_whole)
        except ValueError as error:
            request.wrong_body = problem(400, _("The body is no JSON. {error}").format(error=error))  # type: ignore[attr-defined]
            raise
        except RecursionError as error:
            sentence = _("The body is nested more than {most_depth} deep.").format(
                most_depth=MOST_DEPTH
            )
            request.wrong_body = problem(422, sentence, field="body")  # type: ignore[attr-defined]
            raise ValueError(sentence) from error
        if wrong := _unkeepable(data):
            field, sentence = wrong
            # The framework answers every failure here with one sentence of its own.
            request.wrong_body = problem(422, sentence, field=field)  # type: ignore[attr-defined]
            raise ValueError(sentence)
        return data


def _whole(digits: str) -> float:
    # Python reads no number of thousands of digits; what is as long as that is told by its field.
    return int(digits) if len(digits) <= MOST_DIGITS else math.inf


def _unkeepable(data: Any) -> tuple[str, str] | None:
    """The first (field, sentence) of what no database keeps, such as NaN; None when all is well."""
    stack: list[tuple[str, int, Any]] = [("", 0, data)]
    while stack:
        path, depth, value = stack.pop()
        if depth > MOST_DEPTH:
            return _shown_path(path), _("The body is nested more than {most_depth} deep.").format(
                most_depth=MOST_DEPTH
            )
        if isinstance(value, dict):
            stack += [(path, depth, key) for key in value]
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            stack += [(f"{path}.{key}".lstrip("."), depth + 1, one) for key, one in inner]
        elif isinstance(value, float) and not math.isfinite(value):
            return _shown_path(path), _("The number is not finite, or too long.")
        elif isinstance(value, str) and _is_broken(value):
            return _shown_path(path), _("The text holds a NUL or half of a surrogate pair.")
    return None


def _is_broken(text: str) -> bool:
    return "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)


def _shown_path(path: str) -> str:
    # A key may be what is broken, and is answered as text.
    return path.encode(errors="replace").decode()[:200] or "body"
