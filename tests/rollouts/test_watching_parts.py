"""Rounds and success criteria in the plan file, in copies and in rehearsals."""

from fractions import Fraction

import pytest
from django.utils import timezone

from rollouts.models import Rollout, Stage, SuccessCriterion
from tests.rollouts.cast import make_query
from warroom.documents.complaints import PlanFileError
from warroom.documents.portable import checked, parts, plan_data
from warroom.documents.readers import Creation
from warroom.rules.rehearsal import in_time

pytestmark = pytest.mark.django_db
CADENCE = [{"every_s": 300, "until_s": 3600, "duties": ["Check error logs"]}, {"every_s": 7200}]
OWN = ("metrics", "stages", "rounds", "round_limits", "success")


@pytest.fixture
def full(plan):
    query = make_query(plan, key="error-rate", name="Error rate", unit="%")
    Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=100, cadence=[{"every_s": 900}]
    )
    Rollout.objects.create(plan=plan, cadence=CADENCE, round_late_s=300, missed_holds=3)
    SuccessCriterion.objects.create(
        plan=plan, key="calm", text="Error rate < 0.1 %", group="T+24 h", due_offset_s=86_400,
        query=query, op="<", value=0.1, over_s=172_800, since="full", position=1,
    )  # fmt: skip
    return plan


def own(plan):
    data = plan_data(plan, states=False)
    return {key: data[key] for key in OWN if key in data}


def test_the_file_says_it_in_words(full):
    data = own(full)
    assert data["rounds"] == [
        {"every": "5m", "until": "1h", "duties": ["Check error logs"]},
        {"every": "2h"},
        {"stage": 1, "every": "15m"},
    ]
    assert data["round_limits"] == {"late": "5m", "missed": 3}
    assert data["success"] == [
        {
            "key": "calm", "text": "Error rate < 0.1 %", "group": "T+24 h", "at": "T+24h",
            "since": "full", "metric": "error-rate", "bound": "< 0.1", "over": "48h",
        }
    ]  # fmt: skip


def test_out_and_in_again_is_the_same(full):
    before = own(full)
    values = checked(plan_data(full, states=False))
    SuccessCriterion.objects.all().delete()
    Rollout.objects.all().delete()
    Stage.objects.update(cadence=[])
    for part in parts():
        if part.key in ("rounds", "round_limits", "success"):
            part.create(full, values[part.key], Creation("rule", timezone.now()))
    assert own(full) == before


def test_a_rehearsal_has_it_in_less_time(full):
    """What has seconds is divided, down to what people can still follow."""
    data = in_time(plan_data(full, states=False), Fraction(60))
    assert data["rounds"] == [
        {"every": "5s", "until": "1m", "duties": ["Check error logs"]},
        {"every": "2m"},
        {"stage": 1, "every": "15s"},
    ]
    assert data["round_limits"]["late"] == "5s"
    assert (data["success"][0]["at"], data["success"][0]["over"]) == ("T+24m", "48m")


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("rounds", {"stage": 7, "every": "15m"}),
        ("rounds", {"every": "soon"}),
        ("success", {"key": "b", "text": "Calm", "metric": "nothing"}),
        ("success", {"key": "calm", "text": "Twice"}),
        ("success", {"key": "b", "text": "Calm", "counts": "tears"}),
    ],
)
def test_what_does_not_fit_is_named(full, part, wrong):
    data = plan_data(full, states=False)
    data[part] = [*data[part], wrong]
    with pytest.raises(PlanFileError):
        checked(data)
