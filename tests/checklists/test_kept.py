"""What was signed, voted or decided is never changed or deleted, also not by SQL (law 4)."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from checklists.actions.criteria import edit_criterion
from checklists.actions.judging import judge_criterion
from checklists.models import (
    CategoryScore,
    Criterion,
    Decision,
    Delegation,
    DryRun,
    DryRunResult,
    Evidence,
    ReachTry,
    SignOff,
    Vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(plan, cast, gate):
    role = plan.roles.get(key="deployment-lead")
    who = {"role": role, "person": cast["cora"], "person_name": "Cora", "at": timezone.now()}
    Vote.objects.create(gate=gate, word="no-go", **who)
    SignOff.objects.create(plan=plan, word="rejected", statement="I reject it.", **who)
    Decision.objects.create(
        gate=gate, word="no-go", recommendation="hold", evidence={}, evidence_sha256="0" * 64, **who
    )


@pytest.mark.parametrize("model", [Vote, SignOff, Decision])
@pytest.mark.parametrize("sql", ["UPDATE {} SET word = 'go'", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_signed(signed, model, sql):
    before = model.objects.get().word
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(model._meta.db_table))
    assert model.objects.get().word == before


@pytest.fixture
def said(plan, cast, gate):
    """What people said, row by row; some of it takes an end or an acceptance later."""
    now, role = timezone.now(), plan.roles.get(key="on-call")
    category = plan.readiness.create(key="team", label="Team", weight=100, position=1)
    run = DryRun.objects.create(plan=plan, number=1, title="Targets")
    who = {"by": cast["thon"], "by_name": "Thon", "at": now}
    handed = {"role": role, "to": cast["forge"], "to_name": "Forge", "reason": "Away."}
    return {
        "score": CategoryScore.objects.create(category=category, value=8, **who),
        "claim": CategoryScore.objects.create(category=category, value=9, by_name="doc", at=now),
        "result": DryRunResult.objects.create(dry_run=run, word="fail", output="down", **who),
        "delegation": Delegation.objects.create(gate=gate, **handed, **who),
        "try": ReachTry.objects.create(
            gate=gate, role=role, how="Call", result="No answer", by_name="Thon", at=now
        ),
    }


def refused(act):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        act()


@pytest.mark.parametrize(
    ("name", "column", "other"),
    [
        ("score", "value", 10),
        ("claim", "value", 10),
        ("result", "word", "pass"),
        ("result", "output", ""),
        ("result", "by", None),
        ("delegation", "reason", "On a journey."),
        ("delegation", "agreed", "Forge votes."),
        ("try", "result", "Said yes"),
    ],
)
def test_the_database_refuses_to_put_other_words_into_mouths(said, name, column, other):
    rows = type(said[name]).objects.filter(pk=said[name].pk)
    refused(lambda: rows.update(**{column: other}))
    if name != "claim":
        refused(lambda: rows.delete())
    assert getattr(rows.get(), column) == getattr(said[name], column)


def test_what_is_added_later_is_added(said):
    DryRunResult.objects.update(accepted=True, accepted_reason="Known.")
    Delegation.objects.update(ended_at=timezone.now())
    said["claim"].delete()  # the document's score goes with what the document asks
    assert CategoryScore.objects.get() == said["score"]


def test_a_judgement_stands_whole_on_the_timeline_when_another_takes_its_place(plan, cast, gate):
    criterion = Criterion.objects.create(gate=gate, key="team", position=1, label="Team")
    judge_criterion(criterion, by=cast["thon"], band="yellow", note="Two are ill.")
    judge_criterion(criterion, by=cast["hudson"], band="green", note="They are back.")
    edit_criterion(criterion, {"label": "All here"}, by=cast["cora"], reason="Clearer")
    first, second = plan.events.filter(kind="criterion.judged")
    told = {"band": "yellow", "value": None, "shown": "", "unit": "", "note": "Two are ill."}
    assert told.items() <= first.data.items()
    assert (first.actor, second.actor, second.data["note"]) == (
        cast["thon"],
        cast["hudson"],
        "They are back.",
    )
    assert Evidence.objects.count() <= 1
