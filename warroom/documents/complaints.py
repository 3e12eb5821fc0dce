"""What pydantic finds wrong with a plan file, as sentences with their lines."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from pydantic import BaseModel, ValidationError

from warroom.documents.fields import Fault, quoted
from warroom.documents.source import DocumentError
from warroom.documents.tree import Node

MOST = 20
LOOKED_AT = 500  # of the things wrong; a file of another kind has thousands


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. ``path`` counts entries of lists from 1: ``stages.2.soak``."""

    line: int
    path: str
    text: str
    would_be_right: str

    def __str__(self) -> str:
        where = (
            _("Line {line}, {path}").format(line=self.line, path=self.path)
            if self.path
            else _("Line {line}").format(line=self.line)
        )
        return f"{where}: {self.text} {self.would_be_right}".rstrip()


class PlanFileError(DocumentError):
    """A plan file that cannot be taken, with up to twenty ``problems``, by line."""

    def __init__(self, problems: list[Problem], more: int = 0) -> None:
        first = problems[0]
        where = f"{first.path}: " if first.path else ""
        super().__init__(first.line, f"{where}{first.text}", first.would_be_right)
        self.problems, self.more = problems, more

    def __str__(self) -> str:
        said = [str(problem) for problem in self.problems]
        return "\n".join(
            [*said, _("And {more} more.").format(more=self.more)] if self.more else said
        )


def refuse(faults: Iterable[Fault], tree: Node | None, more: int = 0) -> None:
    """Raise PlanFileError if there is any fault; ``more`` were found and are not among them."""
    problems = sorted(
        (
            Problem(tree.line_of(path) if tree else 0, shown_path(path), text, right)
            for path, text, right in faults
        ),
        key=lambda problem: problem.line,
    )
    if problems:
        raise PlanFileError(problems[:MOST], more + max(len(problems) - MOST, 0))


def shown_path(path: tuple) -> str:
    return ".".join(str(step + 1) if isinstance(step, int) else str(step)[:60] for step in path)


def refuse_invalid(error: ValidationError, model: type[BaseModel], tree: Node | None) -> None:
    """Raise what a validation found as PlanFileError: each thing with its place, in words."""
    found = error.errors(include_url=False)
    looked = found[:LOOKED_AT]
    refuse((_fault(one, model) for one in looked), tree, len(found) - len(looked))


def _fault(found: Any, model: type[BaseModel]) -> Fault:
    path = tuple(step for step in found["loc"] if step != "[key]")
    kind, value, context = found["type"], found["input"], found.get("ctx", {})
    if kind == "wrong":
        text = _("Nothing stands here.") if value is None else context["text"]
        return path, text, context["right"]
    if kind == "extra_forbidden":
        return (
            path,
            _("There is no field {path}.").format(path=quoted(path[-1])),
            _near(path, model),
        )
    if kind == "missing":
        value = "1" if path == ("warroom",) else "…"
        return (
            path[:-1],
            _("{path} is missing.").format(path=quoted(path[-1])),
            _("Write {path}: {value}").format(path=path[-1], value=value),
        )
    if value is None:
        return (
            path,
            _("Nothing stands here."),
            _("Write {what}, or leave it out.").format(what=_WANTED.get(kind, _("a value"))),
        )
    if kind in _TEXTS:
        text, right = _TEXTS[kind](context)
        return path, text, right
    if kind == "string_type":
        return path, _("{sort} stands here, not text.").format(sort=_sort(value)), _as_text(value)
    return (
        path,
        _("{sort} stands here.").format(sort=_sort(value)),
        _("Write {what}.").format(what=_WANTED.get(kind, _("another value"))),
    )


_WANTED = {
    "string_type": _l("text"),
    "int_type": _l("a whole number"),
    "float_type": _l("a number"),
    "bool_type": _l("true or false"),
    "list_type": _l("a list (lines that begin with -)"),
    "dict_type": _l("fields (lines of name: value)"),
    "model_type": _l("fields (lines of name: value)"),
    "model_attributes_type": _l("fields (lines of name: value)"),
}


def _bounds(word: str, limit: str):
    return lambda context: (
        _("The number is too {word}.").format(word=word),
        _("Write {limit} {number}.").format(limit=limit, number=context[_LIMITS[limit]]),
    )


_LIMITS = {"at least": "ge", "at most": "le"}
_TEXTS = {
    "string_too_long": lambda c: (
        _("The text is too long."),
        _("At most {max_length} characters are kept.").format(max_length=c["max_length"]),
    ),
    "too_long": lambda c: (
        _("The list has {actual_length} entries.").format(
            actual_length=c.get("actual_length") or _("too many")
        ),
        _("At most {max_length} are kept.").format(max_length=c["max_length"]),
    ),
    "literal_error": lambda c: (
        _("This word is not known here."),
        _("Write {expected}.").format(expected=c["expected"]),
    ),
    "greater_than_equal": _bounds("small", "at least"),
    "less_than_equal": _bounds("large", "at most"),
    "int_from_float": lambda c: (_("The number is not whole."), _("Write a whole number.")),
}


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return _("The word {words}").format(words="true" if value else "false")
    if isinstance(value, int | float):
        return _("The number {value}").format(value=str(value)[:40])
    if isinstance(value, str):
        return _("The text {value}").format(value=quoted(value))
    return _("A list") if isinstance(value, list) else _("A group of fields")


def _as_text(value: Any) -> str:
    if isinstance(value, bool | int | float):
        shown = str(value).lower() if isinstance(value, bool) else str(value)[:40]
        return _('Write "{shown}" in quotes.').format(shown=shown)
    return _("Write text.")


def _near(path: tuple, model: type[BaseModel]) -> str:
    known = _fields_at(path[:-1], model)
    near = difflib.get_close_matches(str(path[-1])[:60], known, n=1)
    if near:
        return _("Write {near}.").format(near=near[0])
    return (
        _("Write one of {known}.").format(known=", ".join(known)) if known else _("Leave it out.")
    )


def _fields_at(path: tuple, model: Any) -> list[str]:
    """The fields of the model that stands at ``path``."""
    for step in path:
        if isinstance(step, int):
            continue
        field = next(
            (info for name, info in model.model_fields.items() if (info.alias or name) == step),
            None,
        )
        model = _inner(field.annotation) if field is not None else None
        if model is None:
            return []
    return [info.alias or name for name, info in model.model_fields.items()]


def _inner(annotation: Any) -> Any:
    """The model within ``list[Model]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _inner(inner)
        if found is not None:
            return found
    return None
