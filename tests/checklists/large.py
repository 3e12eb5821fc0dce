"""Much of everything at a gate and around it, written in bulk: what pages must bear."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from checklists.models import (
    ChecklistItem,
    Criterion,
    DryRun,
    DryRunResult,
    Evidence,
    Finding,
    FollowUp,
    LoadProfile,
    LoadRun,
    ReadinessCategory,
    Result,
    Risk,
    Scenario,
    Vote,
    Waiver,
)
from checklists.models.readiness import CategoryScore
from warroom.models import Role, Seat, User

SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True)
class Amounts:
    """How many of each; ``criteria`` are judged and accepted, ``votes`` are by so many roles."""

    items: int = 0
    criteria: int = 0
    votes: int = 0
    results: int = 0
    findings: int = 0
    risks: int = 0
    profiles: int = 0
    followups: int = 0
    categories: int = 0


def fill(plan, phase, gate, person: User, role: Role, much: Amounts, first: int = 1000) -> None:
    """Write so much of everything, numbered from ``first``, all of it by ``person``."""
    at = timezone.now()
    ChecklistItem.objects.bulk_create(
        ChecklistItem(plan=plan, phase=phase, number=n, position=n, text=f"Check {n}", role=role)
        for n in range(first, first + much.items)
    )
    _criteria(plan, gate, person, role, range(first, first + much.criteria), at)
    _votes(plan, gate, range(first, first + much.votes), at)
    results = _results(plan, person, range(first, first + much.results), at)
    _findings(plan, person, results, range(first, first + much.findings), at)
    _risks(plan, range(first, first + much.risks))
    _trials(plan, person, range(first, first + much.profiles), at)
    FollowUp.objects.bulk_create(
        FollowUp(
            plan=plan, number=n, kind="task", text=f"Do {n}", role=role, opened_at=at, due_at=at
        )
        for n in range(first, first + much.followups)
    )
    _categories(plan, person, range(first, first + much.categories), at)


def _criteria(plan, gate, person, role, numbers, at) -> None:
    made = Criterion.objects.bulk_create(
        Criterion(
            gate=gate,
            key=f"k{n}",
            position=n,
            label=f"Criterion {n}",
            green_op="<",
            green_value=1,
            red_op=">",
            red_value=3,
            unit="%",
            evidence_key=f"e{n}",
        )
        for n in numbers
    )
    Evidence.objects.bulk_create(
        Evidence(
            plan=plan,
            key=f"e{n}",
            value=n % 5,
            unit="%",
            observed_at=at,
            valid_for_s=3600,
            source="a query",
            updated_at=at,
        )
        for n in numbers
    )
    Waiver.objects.bulk_create(
        Waiver(
            criterion=one,
            criterion_version=1,
            role=role,
            person=person,
            person_name="Cora",
            band="yellow",
            reason="Known since May.",
            statement="I accept it.",
            at=at,
        )
        for one in made[::2]
    )


def _votes(plan, gate, numbers, at) -> None:
    for n in numbers:
        voter = User.objects.create(username=f"voter{n}", first_name=f"Voter {n}")
        role = Role.objects.create(
            plan=plan, key=f"r{n}", name=f"Role {n}", rights=["vote"], position=n
        )
        Seat.objects.create(role=role, user=voter)
        Vote.objects.create(
            gate=gate, role=role, person=voter, person_name=voter.first_name, word="go", at=at
        )


def _results(plan, person, numbers, at) -> list[Result]:
    made = Result.objects.bulk_create(
        Result(
            plan=plan,
            number=n,
            kind="tests",
            name=f"Tests {n}",
            prefix=f"tests{n % 40}",
            text="1,026 of 1,044",
            figures=[{"key": "failed", "label": "Failed", "value": 18, "unit": "", "text": "18"}],
            sha256=f"{n:064x}",
            observed_at=at,
            valid_for_s=86400,
            by=person,
            by_name="Cora",
            at=at - timedelta(minutes=n),
        )
        for n in numbers
    )
    Evidence.objects.bulk_create(
        Evidence(
            plan=plan,
            key=f"{one.prefix}.failed-{one.number}",
            value=18,
            observed_at=at,
            valid_for_s=86400,
            source="a file",
            result=one,
            updated_at=at,
        )
        for one in made
    )
    return made


def _findings(plan, person, results, numbers, at) -> None:
    Finding.objects.bulk_create(
        Finding(
            plan=plan,
            number=n,
            title=f"Finding {n}",
            severity=SEVERITIES[n % 5],
            state="open" if n % 3 else "accepted_risk",
            state_at=at,
            state_by_name="Cora",
            reason="" if n % 3 else "Nobody reaches it.",
            tool="bandit",
            rule=f"B{n % 90}",
            place=f"api/limits.py:{n}",
            mark=f"{n:064x}",
            last_result=results[0] if results else None,
            seen_at=at,
            by=person,
        )
        for n in numbers
    )


def _risks(plan, numbers) -> None:
    made = Risk.objects.bulk_create(
        Risk(
            plan=plan,
            number=n,
            title=f"Risk {n}",
            severity=("P1", "P2", "P3")[n % 3],
            probability=f"{n % 60} %",
            mitigation="Watch it.",
            owner="Thon",
        )
        for n in numbers
    )
    Scenario.objects.bulk_create(
        Scenario(plan=plan, number=one.number, title=f"If {one.number}", risk=one) for one in made
    )


def _trials(plan, person, numbers, at) -> None:
    profiles = LoadProfile.objects.bulk_create(
        LoadProfile(plan=plan, key=f"load{n}", position=n, name=f"Load {n}", users=n, p95_ms=200)
        for n in numbers
    )
    LoadRun.objects.bulk_create(
        LoadRun(
            profile=one,
            number=number,
            started_at=at,
            ended_at=at,
            measured={"p95": 171},
            band="green",
            sentence="P95 is 171 ms.",
            by_name="Cora",
        )
        for one in profiles
        for number in (1, 2, 3)
    )
    runs = DryRun.objects.bulk_create(
        DryRun(plan=plan, number=n, title=f"Roll back {n}") for n in numbers
    )
    DryRunResult.objects.bulk_create(
        DryRunResult(dry_run=one, word="pass", by=person, by_name="Cora", at=at) for one in runs
    )


def _categories(plan, person, numbers, at) -> None:
    made = ReadinessCategory.objects.bulk_create(
        ReadinessCategory(plan=plan, key=f"c{n}", label=f"Category {n}", weight=1, position=n)
        for n in numbers
    )
    CategoryScore.objects.bulk_create(
        CategoryScore(category=one, value=80, by=person, by_name="Cora", at=at) for one in made
    )
