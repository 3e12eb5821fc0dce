"""What the readiness score holds and stops at a gate, with a criterion that asks it and without."""

from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.readiness import CategoryWanted, ScaleWanted, give_score, save_weights
from checklists.models import Criterion, Gate
from checklists.queries.gates import gate_sheet
from tests.checklists.conftest import measure
from warroom.live.lint import lint

pytestmark = pytest.mark.django_db

VETO = CategoryWanted("Security", Decimal(100), target="8", veto=True)
BOUNDS = {"green_op": ">=", "green_value": 8, "red_op": "<", "red_value": 7}


@pytest.fixture
def voted(plan, gate, cast, roles):
    for name, key in (
        ("cora", "deployment-lead"),
        ("thon", "on-call"),
        ("hudson", "security-lead"),
    ):
        cast_vote(gate, roles[key], "go", by=cast[name])
    return gate


def weigh(plan, cast, *categories, bar=None):
    save_weights(plan, categories, scale=ScaleWanted(Decimal(10), bar), by=cast["cora"])


@pytest.fixture
def vetoed(plan, voted, cast):
    """Security stands at 2 of the 8 that its veto wants."""
    weigh(plan, cast, VETO, bar=Decimal(8))
    give_score(plan, "security", Decimal(2), "Two open criticals", by=cast["thon"])
    return voted


def ask(gate, key="score", **fields):
    return Criterion.objects.create(
        **{"gate": gate, "key": key, "position": 1, "label": "Score", "source": "score"}
        | BOUNDS
        | fields
    )


def rule(gate):
    return gate_sheet(Gate.objects.get(pk=gate.pk), timezone.now()).recommendation


def test_a_score_criterion_that_is_reported_only_leaves_the_score_holding(vetoed):
    assert rule(vetoed).word == "hold"
    ask(vetoed, report_only=True)
    assert (rule(vetoed).word, "Security is a veto" in rule(vetoed).sentence) == ("hold", True)


def test_a_counting_score_criterion_judges_by_its_own_bands(vetoed):
    ask(vetoed)
    assert rule(vetoed).word == "no-go"


def test_no_weight_softens_what_a_veto_of_the_score_says(plan, vetoed):
    ask(vetoed, weight=Decimal(10))
    measure(plan, "errors", 0, valid_for_s=3600, unit="")
    Criterion.objects.create(
        gate=vetoed,
        key="errors",
        position=2,
        label="Errors",
        green_op="=",
        green_value=0,
        evidence_key="errors",
        weight=Decimal(90),
    )
    Gate.objects.filter(pk=vetoed.pk).update(bar=Decimal(90))
    assert rule(vetoed).word == "no-go"


def test_a_veto_that_nobody_scored_holds_though_there_is_no_bar(plan, voted, cast):
    health, security = (
        CategoryWanted("Health", Decimal(60)),
        CategoryWanted("Security", Decimal(40), target="8", veto=True),
    )
    weigh(plan, cast, health, security)
    give_score(plan, "health", Decimal(9), "Green for a week", by=cast["thon"])
    assert (rule(voted).word, "no score: Security" in rule(voted).sentence) == ("hold", True)
    give_score(plan, "security", Decimal(9), "Scanned", by=cast["thon"])
    assert rule(voted).word == "go"


def test_a_veto_with_neither_target_nor_bar_is_found(plan, cast):
    weigh(plan, cast, CategoryWanted("Security", Decimal(100), veto=True))
    now = timezone.now()
    assert "veto-without-target" in {one.code for one in lint(plan, now)}
    weigh(plan, cast, VETO)
    plan = type(plan).objects.get(pk=plan.pk)
    assert "veto-without-target" not in {one.code for one in lint(plan, timezone.now())}


def test_a_decided_gate_shows_the_score_that_it_froze_before_the_live_one(
    plan, voted, cast, client_of
):
    weigh(plan, cast, CategoryWanted("Security", Decimal(100)), bar=None)
    give_score(plan, "security", Decimal(9), "Scanned", by=cast["thon"])
    decide_gate(voted, "go", by=cast["cora"], rationale="All three say go, and the scan is clean.")
    give_score(plan, "security", Decimal(7), "A new finding", by=cast["thon"])
    page = f"/plans/{plan.slug}/gates/{voted.key}/"
    text = client_of(cast["vera"]).get(page).content.decode()
    frozen, _, live = text.partition('id="since"')
    assert "Readiness score as decided on" in frozen and "Scanned" in frozen
    assert 'id="score"' in live and "A new finding" in live and "A new finding" not in frozen
