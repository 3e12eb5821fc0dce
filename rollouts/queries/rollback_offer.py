"""What the page of a rollback offers: from where to where, by which way back, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from rollouts.models import (
    Executor,
    RollbackProcedure,
    RollbackRun,
    RollbackTrigger,
    Rollout,
    RunOutcome,
)
from rollouts.queries.rollbacks import served, standing_run
from rollouts.queries.rollouts import executor_of, rollout_now
from rollouts.queries.stages import stages_now
from warroom.models import DeploymentPlan, VerdictWord
from warroom.queries.contacts import levels_now
from warroom.rules.wording import duration_text, listed


@dataclass(frozen=True)
class Way:
    """A way back: a procedure of the plan. ``nowhere``: it does not lead below what is served."""

    procedure: RollbackProcedure
    nowhere: bool

    @property
    def says(self) -> str:
        """ "to 0 %, code and database, target 20 min"."""
        found = self.procedure
        parts = [
            found.to_text or _("to {to_percent} %").format(to_percent=found.to_percent),
            listed(found.parts),
        ]
        if found.target_s:
            parts.append(_("target {target_s}").format(target_s=duration_text(found.target_s)))
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Offer:
    """Percentages are of the traffic. ``ways`` begins with the default; empty without any."""

    current: int
    target: int
    rollout: Rollout | None
    standing: RollbackRun | None
    ways: Sequence[Way]
    triggers: Sequence[RollbackTrigger]
    happens: Sequence[str]
    commands: Sequence[tuple[str, str]]
    moved_by: str = ""  # what moves the traffic, within a headline

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing that could be rolled back."""
        return self.current == 0


def offer(plan: DeploymentPlan, now: datetime) -> Offer:
    """What a rollback would do at ``now`` (UTC); nine SQL statements at most."""
    rollout = rollout_now(plan, now)
    current = served(plan, rollout, stages_now(plan, now))
    found = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    procedures = list(found.order_by("-is_default", "position", "pk"))
    target = procedures[0].to_percent if procedures else 0
    executor = executor_of(plan)
    return Offer(
        current=current,
        target=0 if current <= target else target,
        rollout=rollout,
        standing=standing_run(plan),
        ways=[Way(one, one.to_percent >= current) for one in procedures],
        triggers=list(RollbackTrigger.objects.filter(plan=plan, retired_at=None)),
        happens=_happens(plan, executor, procedures, now),
        commands=commands_of(executor, procedures),
        moved_by=_moved_by(executor),
    )


def is_back(plan: DeploymentPlan, now: datetime) -> bool:
    """Whether a rollback to 0 % stands and no traffic is seen (UTC); at most one SQL statement.

    One that stands higher leaves something to roll back; so does traffic that did not follow.
    """
    if plan.verdict != VerdictWord.ROLLBACK:
        return False
    row = rollout_now(plan, now)
    if row is None or row.rolled_back_at is None or row.desired_percent:
        return False
    return not row.actual_percent


def _moved_by(executor: Executor | None) -> str:
    if executor is None:
        return ""
    feature = executor.options.get("feature", "")
    return _("flag {feature}").format(feature=feature) if feature else executor.name


def _happens(
    plan: DeploymentPlan,
    executor: Executor | None,
    procedures: Sequence[RollbackProcedure],
    now: datetime,
) -> list[str]:
    """What follows at once, a line each."""
    return [
        _carried_out(executor),
        _("a rollback run with a stopwatch begins{procedures}").format(
            procedures=_target_text(procedures)
        ),
        _called(plan, now),
        _("the verdict is ROLLBACK and nothing advances until a person resumes"),
    ]


def _carried_out(executor: Executor | None) -> str:
    if executor is None:
        return _("nothing moves by itself: the traffic is moved by hand and confirmed here")
    if executor.kind == "manual":
        return _("{executor}: run the command beside, then confirm it here").format(
            executor=executor.name
        )
    return _("{executor} is asked to move the traffic, and what it does is watched").format(
        executor=executor.name
    )


def _target_text(procedures: Sequence[RollbackProcedure]) -> str:
    target = procedures[0].target_s if procedures else 1200
    return _(", target {target}").format(target=duration_text(target)) if target else ""


def _called(plan: DeploymentPlan, now: datetime) -> str:
    level = next(iter(levels_now(plan, now)), None)
    names = [contact.name for contact in level.contacts.all()] if level else []
    if not names:
        return _("an escalation is opened, with nobody on its first level")
    return _("level {level} is called: {names}").format(level=level.number, names=listed(names[:4]))


def commands_of(
    executor: Executor | None, procedures: Sequence[RollbackProcedure]
) -> list[tuple[str, str]]:
    """Every command that rolls back by hand, with whose it is; the executor's first."""
    own = (
        executor.rollback_command or executor.command.replace("{percent}", "0") if executor else ""
    )
    found = [(executor.name, own)] if executor and own else []
    return found + [(one.name, one.command) for one in procedures if one.command]


def by_hand(plan: DeploymentPlan) -> list[tuple[str, str]]:
    """``commands_of`` as they are now; two SQL statements."""
    found = RollbackProcedure.objects.filter(plan=plan, retired_at=None)
    return commands_of(executor_of(plan), list(found.order_by("-is_default", "position", "pk")))


def last_drill(plan: DeploymentPlan) -> str:
    """ "1 min 48 s", or "" where none was finished and verified; one SQL statement."""
    runs = RollbackRun.objects.filter(plan=plan, drill=True, outcome=RunOutcome.VERIFIED)
    run = runs.exclude(ended_at=None).order_by("-ended_at").first()
    return took_text(run.ended_at - run.started_at) if run else ""


def took_text(span: timedelta) -> str:
    """ "1 min 48 s": as long as a run took, with its seconds."""
    whole = int(span.total_seconds())
    minutes, seconds = divmod(whole, 60)
    if minutes >= 60 or not minutes or not seconds:
        return duration_text(span)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=seconds)
