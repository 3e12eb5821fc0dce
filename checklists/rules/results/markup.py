"""Walks an XML file once, element by element: nothing is fetched, nothing expands, nothing is kept.

A document type may stand in it, because coverage files name one; an entity of its own may not.
"""

from collections.abc import Callable
from xml.parsers import expat

from django.utils.translation import gettext as _

from checklists.rules.results.shape import WrongResult, said

DEPTH, ELEMENTS = 100, 2_000_000

Start = Callable[[str, dict[str, str], int], None]
End = Callable[[str, int], None]


def walk(data: bytes, start: Start, end: End) -> None:
    """Call ``start(name, attributes, line)`` and ``end(name, line)``; names without their prefix.

    Raises WrongResult with the line for what is no XML, too deep, too long, or has own entities;
    and whatever ``start`` and ``end`` raise.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = _handlers(parser, start, end)
    parser.EntityDeclHandler = lambda *_unused: _refuse_entities(parser)
    parser.ExternalEntityRefHandler = lambda *_unused: _refuse_entities(parser)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        sentence = expat.errors.messages.get(error.code, "no XML")
        raise WrongResult(
            _("It is no whole XML: {sentence}.").format(sentence=sentence), error.lineno
        ) from None
    except (LookupError, ValueError):
        raise WrongResult(_("Its encoding is not known."), 1) from None


def root_of(data: bytes) -> tuple[str, int]:
    """The name of the first element and its line. Raises WrongResult where there is none."""
    try:
        walk(data, _stop, lambda *_unused: None)
    except _Root as root:
        return root.name, root.line
    raise WrongResult(_("It holds no element."), 1)


class _Root(Exception):
    def __init__(self, name: str, line: int) -> None:
        self.name, self.line = name, line


def _stop(name: str, attributes: dict[str, str], line: int) -> None:
    raise _Root(name, line)


def _handlers(parser: expat.XMLParserType, start: Start, end: End) -> tuple[Callable, Callable]:
    depth = seen = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, seen
        depth, seen = depth + 1, seen + 1
        line = parser.CurrentLineNumber
        if depth > DEPTH:
            raise WrongResult(
                _("Its elements stand more than {depth} deep.").format(depth=DEPTH), line
            )
        if seen > ELEMENTS:
            raise WrongResult(
                _("It has more than {elements:,} elements.").format(elements=ELEMENTS), line
            )
        start(_local(name), attributes, line)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(_local(name), parser.CurrentLineNumber)

    return opened, closed


def _local(name: str) -> str:
    return said(name.rpartition(":")[2], 80)


def _refuse_entities(parser: expat.XMLParserType) -> None:
    raise WrongResult(
        _("It defines entities of its own, which no result file does."), parser.CurrentLineNumber
    )
