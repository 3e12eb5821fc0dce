"""An edited document: what it says of the rollout otherwise than the room is told, and stays.

Stages, guardrails, triggers, procedures, baselines and success criteria move to their new lines;
what they ask is changed by people, where its consequences are shown.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.documents.guardrails import triggers_of
from rollouts.models import (
    Baseline,
    Guardrail,
    RollbackProcedure,
    RollbackTrigger,
    Since,
    Stage,
    SuccessCriterion,
)
from warroom.actions.change import Change
from warroom.actions.reimports import Applied, Comparer, register_comparer
from warroom.documents.comparing import Comparison
from warroom.documents.reading import Reading
from warroom.models import DeploymentPlan
from warroom.rules.wording import listed

NAMED = 3  # of each kind of difference


class Stages(Comparer):
    name = "stages"
    order = 70

    def compare(self, plan: DeploymentPlan, reading: Reading) -> Comparison:
        found = reading.understanding.parts.get("stages", ())
        said = [(round(one.start), max(round(one.end), 1)) for one in found]
        known = list(Stage.objects.filter(plan=plan).values_list("from_percent", "to_percent"))
        if said == known or not said:
            return Comparison()
        chain = ", ".join(f"{start} → {end} %" for start, end in said)
        text = _("The document’s stages are {chain}; those of the room stay as they are.").format(
            chain=chain
        )
        return Comparison(remarks=[text])

    def apply(self, changing: Change, reading: Reading, chosen: Collection[str]) -> Applied:
        found = reading.understanding.parts.get("stages", ())
        lines = {(round(one.start), max(round(one.end), 1)): one.line for one in found}
        for stage in Stage.objects.filter(plan=changing.plan):
            line = lines.get((stage.from_percent, stage.to_percent))
            Stage.objects.filter(pk=stage.pk).update(source_line=line)
        return Applied()


@dataclass(frozen=True)
class Said:
    """What a document says of one thing: how it is named, what is compared, and its line."""

    name: str
    asks: Any
    line: int | None


class Kept(Comparer):
    """Things that are matched by a key: what differs is a remark, and every row stays."""

    order = 71

    def __init__(
        self,
        noun: str,
        model: type[Model],
        found: Callable[[Reading], Mapping[Any, Said]],
        known: Callable[[Any], tuple[Any, Said]],
        *related: str,
    ) -> None:
        """``known`` gives key and content of a row; ``related`` is read along with the rows."""
        self.name, self.noun, self.model = noun, noun, model
        self._found, self._known, self._related = found, known, related

    def _rows(self, plan: DeploymentPlan) -> list[Any]:
        rows = self.model.objects.filter(plan=plan).order_by("position", "pk")
        return list(rows.prefetch_related(*self._related))

    def compare(self, plan: DeploymentPlan, reading: Reading) -> Comparison:
        found = self._found(reading)
        known: dict[Any, Said] = {}
        for row in self._rows(plan):
            key, said = self._known(row)
            known.setdefault(key, said)
        new = [one.name for key, one in found.items() if key not in known]
        gone = [one.name for key, one in known.items() if one.line and key not in found]
        other = [
            one.name
            for key, one in found.items()
            if key in known and known[key].line and one.asks != known[key].asks
        ]
        parts = [
            (_("adds {names}"), new),
            (_("says otherwise of {names}"), other),
            (_("no longer has {names}"), gone),
        ]
        told = [said.format(names=_names(names)) for said, names in parts if names]
        if not told:
            return Comparison()
        text = _("{noun}: the document {told}; those of the room stay as they are.").format(
            noun=self.noun, told=listed(told)
        )
        return Comparison(remarks=[text])

    def apply(self, changing: Change, reading: Reading, chosen: Collection[str]) -> Applied:
        found, moved = self._found(reading), []
        for row in self._rows(changing.plan):
            one = found.get(self._known(row)[0])
            line = one.line if one else None
            if row.source_line != line:
                row.source_line = line
                moved.append(row)
        self.model.objects.bulk_update(moved, ["source_line"], batch_size=200)
        return Applied()


def _names(names: list[str]) -> str:
    short = [f"“{name[:60]}”" for name in names[:NAMED]]
    more = [_("{count} more").format(count=len(names) - NAMED)] if len(names) > NAMED else []
    return listed([*short, *more])


def _first(said: Collection[tuple[Any, Said]]) -> dict[Any, Said]:
    """By key; of those with the same one the first, as rows are made."""
    found: dict[Any, Said] = {}
    for key, one in said:
        found.setdefault(key, one)
    return found


def _part(reading: Reading, name: str) -> tuple[Any, ...]:
    return reading.understanding.parts.get(name, ())


def _guardrails(reading: Reading) -> dict[Any, Said]:
    rules = _part(reading, "guardrails")
    return _first([(one.query, Said(one.name[:120], one.window_s, one.line)) for one in rules])


def _guardrail(row: Guardrail) -> tuple[Any, Said]:
    key = row.query.key if row.query else f"guardrail {row.key}"
    return key, Said(row.name, row.window_s, row.source_line)


def _triggers(reading: Reading) -> dict[Any, Said]:
    found = triggers_of(reading.understanding).items()
    return _first([(text, Said(text, "", line)) for text, line in found])


def _trigger(row: RollbackTrigger) -> tuple[Any, Said]:
    return row.text, Said(row.text, "", row.source_line)


def _procedures(reading: Reading) -> dict[Any, Said]:
    return _first(
        [
            (one.name[:200], Said(one.name[:200], _asks(one, one.steps), one.line))
            for one in _part(reading, "procedures")
        ]
    )


def _procedure(row: RollbackProcedure) -> tuple[Any, Said]:
    return row.name, Said(row.name, _asks(row, row.steps.all()), row.source_line)


def _asks(one: Any, steps: Any) -> tuple[Any, ...]:
    """What is compared of a procedure: its target, and its steps with theirs."""
    return one.target_s, [(step.title[:300], step.target_s) for step in steps]


def _baselines(reading: Reading) -> dict[Any, Said]:
    found = []
    for one in _part(reading, "baselines"):
        bounds = [(b.op, b.value) if b else ("", None) for b in (one.target, one.alert)]
        found.append((one.name[:200], Said(one.name[:200], bounds, one.line)))
    return _first(found)


def _baseline(row: Baseline) -> tuple[Any, Said]:
    bounds = [(row.target_op, row.target_value), (row.alert_op, row.alert_value)]
    return row.name, Said(row.name, bounds, row.source_line)


def _successes(reading: Reading) -> dict[Any, Said]:
    return _first(
        [
            (one.text, Said(one.text, (one.due_s, one.full), one.line))
            for one in _part(reading, "success")
        ]
    )


def _success(row: SuccessCriterion) -> tuple[Any, Said]:
    return row.text, Said(row.text, (row.due_offset_s, row.since == Since.FULL), row.source_line)


for comparer in (
    Stages(),
    Kept(_l("Guardrails"), Guardrail, _guardrails, _guardrail, "query"),
    Kept(_l("Rollback triggers"), RollbackTrigger, _triggers, _trigger),
    Kept(_l("Procedures"), RollbackProcedure, _procedures, _procedure, "steps"),
    Kept(_l("Baselines"), Baseline, _baselines, _baseline),
    Kept(_l("Success criteria"), SuccessCriterion, _successes, _success),
):
    register_comparer(comparer)
