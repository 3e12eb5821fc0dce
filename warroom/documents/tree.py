"""YAML and JSON as one tree of values with their lines. Nothing about plans; linear time.

Both are read as a stream of tokens, so that one builder judges depth, size, doubled keys and
what a value is. What other readers of YAML guess differently (``010``, ``yes``, ``12:30``) is
text here; see adr/0012.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import scanstring
from typing import Any

import yaml
from django.utils.translation import gettext as _

from warroom.documents.source import DocumentError

MOST_DEPTH = 120
MOST_VALUES = 250_000  # with what aliases repeat
MOST_DIGITS = 15  # of a whole number: beyond, readers of JSON begin to round
# libyaml where the wheel brings it, as it does everywhere we know of; else slower, alike.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

OPEN_MAP, OPEN_LIST, CLOSE, VALUE, ALIAS = "{", "[", "end", "value", "alias"


@dataclass(slots=True)
class Token:
    kind: str
    line: int
    value: Any = None
    anchor: str | None = None
    bare: bool = False  # a word of YAML without quotes


@dataclass(slots=True)
class Node:
    """A value where it stands. Of a mapping, ``lines`` are those of its keys; ``size`` values."""

    line: int
    value: Any
    size: int = 1
    lines: dict[str, int] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def line_of(self, path: tuple) -> int:
        """The line of what stands at ``path``, or of the nearest thing around it."""
        node, line = self, self.line
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                line, node = node.lines[step], node.value[step]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.line
            else:
                break
        return line


def read_tree(text: str, form: str) -> Node:
    """The tree of a text in ``yaml`` or ``json``. Raises DocumentError, which names the line."""
    return _build(_json_tokens(text) if form == "json" else _yaml_tokens(text))


# --- building ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    node: Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0


def _build(tokens: Iterator[Token]) -> Node:
    stack: list[_Open] = []
    anchors: dict[str, Node] = {}
    root: Node | None = None
    values = 0
    for token in tokens:
        if _is_key(stack, token):
            _take_key(stack[-1], token)
            continue
        if token.kind in (OPEN_MAP, OPEN_LIST):
            _demand_shallow(stack, token.line)
            node = Node(token.line, {} if token.kind == OPEN_MAP else [])
            stack.append(_Open(node, token.anchor))
            continue
        anchor = token.anchor
        if token.kind == CLOSE:
            done = stack.pop()
            node, anchor = done.node, done.anchor
            values += 1
        else:
            node = (
                _aliased(anchors, token, stack)
                if token.kind == ALIAS
                else Node(token.line, token.value)
            )
            values += node.size
        if values > MOST_VALUES:
            raise _too_many(token)
        if anchor:
            anchors[anchor] = node
        if stack:
            _put(stack[-1], node)
        else:
            root = node
    if root is None:
        raise DocumentError(1, _("The file is empty."), _("Begin with the line warroom: 1."))
    return root


def _is_key(stack: list[_Open], token: Token) -> bool:
    if not stack or token.kind == CLOSE:
        return False
    return isinstance(stack[-1].node.value, dict) and stack[-1].key is None


def _take_key(opened: _Open, token: Token) -> None:
    key = token.value
    if token.kind != VALUE or not isinstance(key, str):
        right = (
            _('Write "{shown}" in quotes.').format(shown=_shown(key)[:80])
            if token.kind == VALUE
            else _("Write name: …")
        )
        raise DocumentError(token.line, _("The name of a field is text."), right)
    if key == "<<" and token.bare:
        raise DocumentError(
            token.line, _('Merging with "<<" is not read.'), _("Write the fields out.")
        )
    if key in opened.node.value:
        first = opened.node.lines[key]
        raise DocumentError(
            token.line,
            _('"{key}" stands here twice, first in line {first}.').format(
                key=key[:80], first=first
            ),
            _("Keep one of the two."),
        )
    opened.key, opened.key_line = key, token.line


def _put(opened: _Open, node: Node) -> None:
    opened.node.size += node.size
    if isinstance(opened.node.value, list):
        opened.node.value.append(node)
        return
    assert opened.key is not None
    opened.node.value[opened.key] = node
    opened.node.lines[opened.key] = opened.key_line
    opened.key = None


def _demand_shallow(stack: list[_Open], line: int) -> None:
    if len(stack) >= MOST_DEPTH:
        raise DocumentError(
            line,
            _("This is nested more than {most_depth} deep.").format(most_depth=MOST_DEPTH),
            _("No plan nests so deep."),
        )


def _aliased(anchors: dict[str, Node], token: Token, stack: list[_Open]) -> Node:
    node = anchors.get(token.value)
    if node is None:
        inside = any(opened.anchor == token.value for opened in stack)
        wrong = _("stands inside itself") if inside else _("names no anchor (&)")
        raise DocumentError(token.line, f"*{token.value[:60]} {wrong}.", _("Write the values out."))
    return node


def _too_many(token: Token) -> DocumentError:
    if token.kind == ALIAS:
        text = _("Repeated by aliases, the file holds more than {most_values:,} values.").format(
            most_values=MOST_VALUES
        )
        return DocumentError(token.line, text, _("Write the values out."))
    text = _(
        "The file holds more than {most_values:,} values; the limit ends in this line."
    ).format(most_values=MOST_VALUES)
    return DocumentError(token.line, text, _("Split the plan."))


def _shown(value: Any) -> str:
    return json.dumps(value)


# --- YAML ----------------------------------------------------------------------------------

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value
    for name, value in (("true", True), ("false", False))
    for word in (name, name.title(), name.upper())
}
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def plain_value(text: str) -> Any:
    """What a bare word of YAML is: the core schema of YAML 1.2, and text wherever readers differ.

    Raises ValueError for numbers that nothing can keep.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first not in "+-.0123456789":
        return text
    if _WHOLE.fullmatch(text) or _FLOAT.fullmatch(text) or _ENDLESS.fullmatch(text):
        return number(text)
    return int(text, 0) if len(text) <= MOST_DIGITS and _OTHER_BASE.fullmatch(text) else text


def number(text: str) -> int | float:
    """The finite number that ``text`` is, or ValueError in words."""
    if _WHOLE.fullmatch(text):
        if len(text.lstrip("+-")) > MOST_DIGITS:
            raise ValueError(f"The number has more than {MOST_DIGITS} digits.")
        return int(text)
    value = math.nan if _ENDLESS.fullmatch(text) else float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no finite number.")
    return value


def _yaml_tokens(text: str) -> Iterator[Token]:
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise DocumentError(
                        line,
                        _("A second document begins here (---)."),
                        _("Keep one plan in a file."),
                    )
            token = _yaml_token(event, line)
            if token is not None:
                yield token
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(error, text) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError(
            line, _("A control character stands here."), _('Write it in quotes, such as "\\x1b".')
        ) from None


def _yaml_token(event: Any, line: int) -> Token | None:
    if getattr(event, "tag", None) is not None:
        raise DocumentError(
            line,
            _("Tags such as {tag} are not read.").format(tag=event.tag[:60]),
            _("Write the value without it."),
        )
    if isinstance(event, yaml.MappingStartEvent):
        return Token(OPEN_MAP, line, anchor=event.anchor)
    if isinstance(event, yaml.SequenceStartEvent):
        return Token(OPEN_LIST, line, anchor=event.anchor)
    if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
        return Token(CLOSE, line)
    if isinstance(event, yaml.AliasEvent):
        return Token(ALIAS, line, event.anchor)
    if isinstance(event, yaml.ScalarEvent):
        bare = event.implicit[0]
        value = _value(event.value, line) if bare else event.value
        return Token(VALUE, line, value, event.anchor, bare)
    return None


def _value(text: str, line: int) -> Any:
    try:
        return plain_value(text)
    except ValueError as error:
        raise DocumentError(
            line, str(error), _("Write a shorter number, or quotes around text.")
        ) from None


_SAID = (
    ("mapping values are not allowed", "A second “: ” stands in this value.", "Put it in quotes."),
    ("cannot start any token", "A value cannot begin with this sign.", "Put it in quotes."),
    ("found a tab character", "A tab indents this line.", "Indent with spaces."),
    ("that violates indentation", "A tab indents this line.", "Indent with spaces."),
    ("could not find expected ':'", "The colon after a field's name is missing.", "Write name: …"),
    ("unexpected end of stream", "The quote that opens here does not close.", "Close it."),
    (
        "did not find expected",
        "As YAML, this line does not fit the ones above.",
        "Indent it as they are.",
    ),
    ("unknown escape", "This escape is unknown.", "Write \\\\ for a backslash, or use '…'."),
)


def _no_yaml(error: yaml.MarkedYAMLError, text: str) -> DocumentError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    problem = str(error.problem or error.context or _("it cannot be read"))
    lines = text.split("\n", line)
    line = min(line, len(lines))  # an end that comes too early is marked below the last line
    before = lines[line - 1][: mark.column + 1] if mark else ""
    if before.endswith("\t") or before.strip() == "" != before.strip(" "):
        return DocumentError(line, _("A tab indents this line."), _("Indent with spaces."))
    for part, said, right in _SAID:
        if part in problem:
            return DocumentError(line, said, right)
    return DocumentError(
        line,
        _("This is no YAML: {problem}.").format(problem=problem),
        _("Compare the lines around it."),
    )


# --- JSON ----------------------------------------------------------------------------------

_TOKEN = re.compile(r'[\s,:]*(?:([{\[])|([}\]])|(")|([^\s,:{}\[\]"]+))')
_LITERALS = {"true": True, "false": False, "null": None}


def _json_tokens(text: str) -> Iterator[Token]:
    _demand_json(text)
    place, line = 0, 1
    while match := _TOKEN.match(text, place):
        line += text.count("\n", place, match.end())
        place = match.end()
        if match[1]:
            yield Token(match[1], line)
        elif match[2]:
            yield Token(CLOSE, line)
        elif match[3]:
            value, place = scanstring(text, place, True)
            yield Token(VALUE, line, _whole_characters(value, line))
        else:
            yield Token(VALUE, line, _literal(match[4], line))


def _literal(text: str, line: int) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    try:
        return number(text)
    except ValueError as error:
        raise DocumentError(line, str(error), _("Write a shorter number.")) from None


def _whole_characters(text: str, line: int) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DocumentError(
            line,
            _("Half of a surrogate pair stands here."),
            _("Only whole characters can be stored."),
        ) from None
    return text


def _demand_json(text: str) -> None:
    """Raise DocumentError where the grammar is broken; values are judged with their lines."""
    try:
        json.loads(text, parse_int=len, parse_float=len, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise DocumentError(
            error.lineno, _("This is no JSON: {msg}.").format(msg=error.msg), _("Correct it.")
        ) from None
    except _Constant as constant:
        name = str(constant)
        line = text.count("\n", 0, text.find(name)) + 1
        raise DocumentError(
            line, _("{name} is no number of JSON.").format(name=name), _("Leave the field out.")
        ) from None
    except RecursionError:
        return  # the builder finds the line


class _Constant(Exception):
    """NaN or Infinity, which JSON does not have."""


def _no_constant(name: str) -> None:
    raise _Constant(name)
