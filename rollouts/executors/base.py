"""What every executor gets and gives back. Executors know the network and nothing of the tables."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Protocol

from django.utils.translation import gettext as _

from warroom.outbound import Forbidden, OutboundError, Response

# All calls of one order together; shorter than the lease under which it is carried out.
DEADLINE_S = 6.0
# What may become well by itself, though the status says that the caller is wrong.
PASSING = (408, 425, 429)
SHOWN = 200


@dataclass(frozen=True)
class Order:
    """Move the traffic of ``plan`` to ``percent``.

    ``key`` is the same at every try of one wish; ``generation`` grows with each new wish, so that
    a receiver can tell an old order from a new one. ``at`` is UTC in ISO form, ``stage`` 0 where
    no stage is meant, ``action`` advance, rollback, resume, or test, which moves nothing.
    """

    plan: str
    percent: int
    before: int
    generation: int
    action: str
    key: str
    at: str
    stage: int = 0
    version: str = ""
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class Target:
    """Whom to call: an address, the secret itself (never kept), and the kind's own options."""

    url: str
    secret: str
    options: Any


@dataclass(frozen=True)
class Answer:
    """What came of a call. ``retry``: the same call may still succeed. ``text`` is for people."""

    ok: bool
    text: str
    retry: bool = True


Fetch = Callable[..., Awaitable[Response]]


class Kind(Protocol):
    """One way to move traffic. ``secret`` says in words what its secret is; "" for none."""

    name: str
    label: str
    secret: str
    options: type

    async def carry_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        """Bring the other side to what the order wants; the same order twice is one effect."""

    async def try_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        """Ask whether it would work. Moves no traffic."""


async def within(calls: Awaitable[Answer], secret: str) -> Answer:
    """An answer in any case, within the deadline, and without the secret in its words."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            said = await calls
    except TimeoutError:
        said = Answer(
            False, _("no whole answer within {deadline_s:g} s").format(deadline_s=DEADLINE_S)
        )
    except Forbidden as error:
        said = Answer(False, _("not called: {reason}").format(reason=error.reason), retry=False)
    except OutboundError as error:
        said = Answer(False, error.reason)
    return Answer(said.ok, hidden(said.text, secret), said.retry)


def hidden(text: str, secret: str) -> str:
    """Words of the other side on one line, without the secret, shortened."""
    text = " ".join(text.split())
    if len(secret) >= 4:
        text = text.replace(secret, "•••")
    text = "".join(c for c in text if c.isprintable())
    return text if len(text) <= 2 * SHOWN else f"{text[: 2 * SHOWN - 1]}…"


def judged(answer: Response, accepted: tuple[int, ...] = ()) -> Answer:
    """Any 2xx is a yes. Other 4xx than the passing ones stay a no; all else is tried again."""
    said = f"{answer.status} {_words(answer)}".strip()
    if 200 <= answer.status < 300 or answer.status in accepted:
        return Answer(True, said)
    stays = 400 <= answer.status < 500 and answer.status not in PASSING
    return Answer(False, _("answered {said}").format(said=said), retry=not stays)


def _words(answer: Response) -> str:
    """The start of the body where it is text that people can read."""
    if answer.body[:1] == b"<" or "html" in answer.headers.get("content-type", ""):
        return _("with a web page")
    return answer.body[: 4 * SHOWN].decode(errors="replace")[:SHOWN]


# --- options -------------------------------------------------------------------------------


class OptionError(ValueError):
    """An option is wrong; ``name`` says which, the message what would be right."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name, self.sentence = name, sentence


@dataclass(frozen=True)
class NoOptions:
    """For a kind that has none."""


def option(default: Any, about: str) -> Any:
    """A field of an options class; ``about`` is its help text. Without a default it is wanted."""
    if default is ...:
        return field(metadata={"about": about})
    return field(default=default, metadata={"about": about})


def read_options(wanted: type, given: Mapping[str, Any]) -> Any:
    """The options, checked; OptionError names the first one that is unknown, missing or wrong."""
    known = {one.name: one for one in fields(wanted)}
    for name, value in given.items():
        if name not in known:
            there = ", ".join(known) or "none"
            raise OptionError(
                name,
                _("There is no option {name!r}; there are: {there}.").format(
                    name=name, there=there
                ),
            )
        _typed(name, known[name].type, value)
    for name, one in known.items():
        needed = one.default is MISSING and one.default_factory is MISSING
        if needed and not given.get(name):
            raise OptionError(
                name, _("{name} is missing: {about}").format(name=name, about=one.metadata["about"])
            )
    return wanted(**given)


def _typed(name: str, kind: Any, value: Any) -> None:
    words = {"str": (str, "text"), "bool": (bool, _("true or false")), "int": (int, _("a number"))}
    wanted, said = words.get(str(kind), (dict, _("names with texts")))
    fits = isinstance(value, wanted) and (wanted is not int or not isinstance(value, bool))
    if wanted is dict and fits:
        fits = all(isinstance(one, str) for pair in value.items() for one in pair)
    if not fits:
        raise OptionError(name, _("{name} wants {said}.").format(name=name, said=said))
