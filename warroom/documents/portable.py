"""A plan as data, for YAML and JSON: each floor brings its parts, as it brings its panels."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import BaseModel, Field, ValidationError, create_model

from warroom.documents import yaml_text
from warroom.documents.complaints import refuse, refuse_invalid
from warroom.documents.fields import Fault, Strict
from warroom.documents.readers import COUNTS, NOTE, Creation, Finding
from warroom.documents.source import clean_text
from warroom.documents.tree import Node, read_tree
from warroom.models import DeploymentPlan

FORMAT = 1
SCHEMA_PATH = "/api/v1/plan.schema.json"


class Part:
    """One top-level key of the plan file. ``schema`` is a pydantic type that its value passes.

    A part without ``schema`` brings no key and only adds to the record.
    """

    key = ""
    order = 100
    schema: Any = None
    required = False

    def write(self, plan: DeploymentPlan, *, states: bool) -> Any:
        """Plain data for the file; None leaves the key out. ``states``: also what was done."""

    def planned(self, plan: DeploymentPlan) -> Any:
        """As ``write`` without states, and without what was added once the plan was made."""
        return self.write(plan, states=False)

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        """What people and machines did, for the key ``record``: written, never imported."""
        return {}

    def check(self, value: Any, whole: Mapping[str, Any]) -> Iterable[Fault]:
        """What is wrong across parts; ``whole`` has the parts that the file gives, by key."""
        return ()

    def count(self, value: Any) -> dict[str, int]:
        """How many of ``readers.COUNTS`` this part brings."""
        return {}

    def wants_t0(self, value: Any) -> str:
        """Why no rows can be made before T0 is known, as a sentence; "" when they can."""
        return ""

    def create(self, plan: DeploymentPlan, value: Any, creation: Creation) -> None:
        """Make rows of a value that passed ``schema``, inside the one transaction.

        ``value`` is None where the file does not have the key.
        """


_parts: dict[str, Part] = {}


def register_part(part: Part) -> None:
    _parts[part.key] = part
    _model.cache_clear()
    _schema.cache_clear()


def parts() -> list[Part]:
    """All parts in the order in which they are written and created."""
    return sorted(_parts.values(), key=lambda part: (part.order, part.key))


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as plain data that was read, and what a person should know of the reading.

    ``sha256`` is that of the file's text; "" for what did not come from a file.
    """

    data: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    sha256: str = ""


# --- in ------------------------------------------------------------------------------------


def read(data: bytes | str, form: str) -> PlanFile:
    """Read a plan file, ``form`` being ``yaml`` or ``json``.

    Raises DocumentError for what is no such file, and PlanFileError, which names up to twenty
    places with line and path.
    """
    text, notes = clean_text(data, form.upper())
    tree = read_tree(text, form)
    plain = tree.plain()
    values = checked(plain, tree)
    findings = [Finding(0, NOTE, "encoding", note) for note in notes]
    findings += _taken_over(values) + _left_out(plain, tree)
    return PlanFile(plain, findings, hashlib.sha256(text.encode()).hexdigest())


def checked(data: Any, tree: Node | None = None) -> dict[str, Any]:
    """The parts of a plan's data by key, as their schemas' values. Raises PlanFileError.

    ``tree`` tells the lines of the file that the data came from.
    """
    if not isinstance(data, dict):
        refuse([((), _("This is no plan: fields belong here."), _("Begin with warroom: 1."))], tree)
    model = _model()
    try:
        whole = model.model_validate(data)
    except ValidationError as error:
        refuse_invalid(error, model, tree)
        raise  # never reached: what is invalid has at least one fault
    values = {name: getattr(whole, name) for name in model.model_fields if name in _parts}
    known = {name: value for name, value in values.items() if value is not None}
    refuse(
        (
            fault
            for part in parts()
            if part.key in known
            for fault in part.check(known[part.key], known)
        ),
        tree,
    )
    return known


def counts(values: Mapping[str, Any]) -> dict[str, int]:
    """``understood`` of an import, of values that were ``checked``."""
    found = dict.fromkeys(COUNTS, 0)
    for part in parts():
        if part.key in values:
            found |= part.count(values[part.key])
    return found


def as_answer(file: PlanFile) -> dict[str, Any]:
    """What pipelines are told of a plan file: ``understood`` and ``findings``."""
    understood = counts(checked(file.data))
    return {"understood": understood, "findings": [one.as_data() for one in file.findings]}


def _taken_over(values: Mapping[str, Any]) -> list[Finding]:
    done = counts(values)["done"]
    if not done:
        return []
    text = _("{done} items are done in the file; they are taken over as it says, unproven.").format(
        done=done
    )
    return [Finding(0, NOTE, "states_from_file", text)]


def _left_out(data: dict[str, Any], tree: Node) -> list[Finding]:
    record = data.get("record")
    if not record:
        return []
    names = ", ".join(record) if isinstance(record, dict) else _("its entries")
    text = _(
        "The record ({names}) was not imported: nobody here signed, voted or decided it."
    ).format(names=names[:200])
    line = tree.line_of(("record",))
    return [Finding(line, NOTE, "record_not_imported", text, _("It stays in the file."))]


@lru_cache(maxsize=1)
def _model() -> type[BaseModel]:
    """The whole file as one model, made of what the floors registered."""
    fields: dict[str, Any] = {
        "warroom": (Literal[1], Field(description="The version of this format."))
    }
    for part in parts():
        if part.schema is None:
            continue
        if part.required:
            fields[part.key] = (part.schema, ...)
        else:
            fields[part.key] = (part.schema, None)
    note = "What was signed, voted and decided: written on export, never imported."
    fields["record"] = (Any, Field(None, description=note))
    return create_model("Plan", __base__=Strict, **fields)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the plan file, in YAML and JSON alike."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{settings.PUBLIC_URL}{SCHEMA_PATH}",
        **_schema(),
        "title": "Warroom plan",
    }


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    schema = _model().model_json_schema(by_alias=True)
    _drop_nulls(schema)
    return schema


def _drop_nulls(schema: Any) -> None:
    """A field that is not given is left out: none may be null, and no title repeats its name."""
    if isinstance(schema, list):
        for inner in schema:
            _drop_nulls(inner)
    if not isinstance(schema, dict):
        return
    if schema.get("default", 0) is None:
        del schema["default"]
    options = schema.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        del schema["anyOf"]
        schema.update(rest[0] if len(rest) == 1 else {"anyOf": rest})
    for name, inner in schema.items():
        if name == "properties":
            for one in inner.values():
                one.pop("title", None)
                _drop_nulls(one)
        else:
            _drop_nulls(inner)


# --- out -----------------------------------------------------------------------------------


def plan_data(plan: DeploymentPlan, *, states: bool, added: bool = True) -> dict[str, Any]:
    """The plan as plain data in the file's order, without defaults.

    ``states``: with what was done so far, its record included. Without ``added``, which goes
    without states, what came once the plan was made is left out. A fixed number of statements.
    """
    data: dict[str, Any] = {"warroom": FORMAT}
    for part in parts():
        value = part.write(plan, states=states) if added else part.planned(plan)
        if value is not None and value != []:
            data[part.key] = value
    if states:
        record: dict[str, Any] = {}
        for part in parts():
            record |= part.record(plan)
        if record:
            data["record"] = record
    return data


def as_yaml(data: Mapping[str, Any]) -> str:
    """The data as YAML for people; the first line tells editors where its schema lies."""
    schema = f"{settings.PUBLIC_URL}{SCHEMA_PATH}"
    return f"# yaml-language-server: $schema={schema}\n{yaml_text.dump(data)}"


def as_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
