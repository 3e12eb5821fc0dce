"""Load profiles in a plan file. Their runs are part of the record: written, never imported."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BeforeValidator, Field, WithJsonSchema

from checklists.documents.parts import Line, has_lines
from checklists.models import LoadProfile, LoadRun
from checklists.queries.load import limits_of
from checklists.rules.bands import Bound
from checklists.rules.load import KINDS, LARGEST, LIMITED, columns, limit_objection, written
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

MOST = 60
# By the key of the figure, as in the API: P95 in ms, errors in percent, requests a second.
FIELDS = {kind.key: kind.field for kind in LIMITED}
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"


def _limit(key: str) -> Any:
    """``500``: at most, or at least; ``"< 500"``: below it, or above."""
    kind, least = KINDS[key], {"<=": "≤", ">=": "≥"}[KINDS[key].op]
    pattern = f"({kind.op[0]}=?|{least}) ?({_NUMBER})"

    def check(value: Any) -> Bound:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if 0 <= value <= LARGEST:
                return Bound(kind.op, float(value))
            f.wrong(
                _("{value} cannot be meant.").format(value=value),
                _("Write a number from 0 to {largest:,.0f}.").format(largest=LARGEST),
            )
        match = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if match is None:
            f.wrong(
                _("{quoted} is no limit.").format(quoted=f.quoted(value)),
                _('Write 50, or "{op} 50".').format(op=kind.op[0]),
            )
        return Bound({least: kind.op}.get(match[1], match[1]), float(match[2]))

    number = {"type": "number", "minimum": 0, "maximum": LARGEST}
    text = {"type": "string", "pattern": f"^{pattern}$"}
    schema = WithJsonSchema({"anyOf": [number, text]})
    return Annotated[Any, BeforeValidator(check), schema]


class LoadFields(f.Strict):
    """Latencies in ms, ``errors`` in percent, ``rps`` requests a second."""

    key: f.key(60)
    name: f.words(200)
    users: int = Field(None, ge=1, le=10_000_000)
    minutes: int = Field(None, ge=1, le=20_160)
    command: f.text(4_000) = ""
    p50: _limit("p50") = None
    p95: _limit("p95") = None
    p99: _limit("p99") = None
    errors: _limit("errors") = None
    rps: _limit("rps") = None
    line: int = Line


class LoadPart(Part):
    key, order, schema = "load", 75, f.many(LoadFields, MOST)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        profiles = plan.load_profiles.filter(removed_at=None)
        return [_profile(one, has_lines(plan)) for one in profiles]

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        runs = LoadRun.objects.filter(profile__plan=plan).select_related("profile")
        rows = [_run(run) for run in runs.order_by("profile__position", "number")]
        return {"load_runs": rows} if rows else {}

    def check(self, value: list[LoadFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("load",))
        for n, one in enumerate(value):
            limits = {key: getattr(one, key) for key in FIELDS}
            if wrong := limit_objection(limits):
                key = next(key for key, name in FIELDS.items() if name == wrong[0])
                yield ("load", n, key), wrong[1], _("Correct the limit.")

    def create(
        self, plan: DeploymentPlan, value: list[LoadFields] | None, creation: Creation
    ) -> None:
        lined = creation.made.get("lined", False)
        LoadProfile.objects.bulk_create(
            LoadProfile(
                plan=plan,
                key=one.key,
                position=place,
                name=one.name,
                users=one.users,
                minutes=one.minutes,
                command=one.command,
                source_line=one.line if lined else None,
                **columns({key: getattr(one, key) for key in FIELDS}),
            )
            for place, one in enumerate(value or [], start=1)
        )


def _profile(one: LoadProfile, lined: bool) -> dict[str, Any]:
    return f.given(
        key=one.key,
        name=one.name,
        users=one.users,
        minutes=one.minutes,
        command=one.command,
        **{key: written(KINDS[key], bound) for key, bound in limits_of(one).items()},
        line=one.source_line if lined else None,
    )


def _run(run: LoadRun) -> dict[str, Any]:
    return f.given(
        profile=run.profile.key,
        run=run.number,
        started=f.instant(run.started_at),
        ended=f.instant(run.ended_at),
        measured=run.measured,
        band=run.band,
        sentence=run.sentence,
        cause=run.cause,
        fix=run.fix,
        excepted=run.excepted,
        excepted_by=run.excepted_by_name,
        baseline=run.baseline or None,
        by=run.by_name,
    )


register_part(LoadPart())
