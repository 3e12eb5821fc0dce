"""Findings about weights, bands, phases, items, holds, gates and stages."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.readiness import CategoryWanted, save_weights
from checklists.models import Criterion, Phase
from checklists.rules import oddities
from checklists.rules.bands import Bands, Bound
from checklists.rules.oddities import Hold, Part
from rollouts.models import Stage
from rollouts.rules import oddities as stage_oddities
from rollouts.rules.oddities import Step
from tests.conftest import make_item
from warroom.actions.refusals import Invalid, Refused
from warroom.live.lint import lint
from warroom.models import DeploymentPlan

NINE = datetime(2025, 10, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
BANDS = Bands(Bound("<", 0.1), Bound(">", 1.0))


@pytest.mark.parametrize(
    ("weights", "title"),
    [
        ([], None),
        (["60", "40"], None),
        (["33.33", "33.33", "33.34"], None),
        (["20", "15", "15", "10", "10", "10", "10", "5", "5", "5"], "Weights add up to 105 %"),
        (["0", "0"], "Weights add up to 0 %"),
    ],
)
def test_weights_that_do_not_make_a_hundred_are_said(weights, title):
    """S81: ten categories that add up to 105 %."""
    odd = oddities.of_weights([Decimal(weight) for weight in weights])
    assert (odd and odd.title) == title


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.1 - 1 %", None),
        ("0.1% to 1.0%", None),
        ("0.2 - 1 %", "leave a gap"),
        ("0.05–1%", "overlap"),
        ("0.1 - 2 %", "overlap"),
        ("a little more", None),
    ],
)
def test_an_acceptable_range_joins_green_and_red(text, says):
    odd = oddities.of_acceptable("Error rate", text, BANDS)
    assert (odd is None) if says is None else says in odd.title


def test_an_acceptable_range_of_whole_numbers_leaves_nothing_out():
    alerts = Bands(Bound("=", 0), Bound(">=", 3))
    assert oddities.of_acceptable("Critical alerts", "1-2", alerts) is None
    assert "gap" in oddities.of_acceptable("Critical alerts", "2-2", alerts).title


def test_phases_and_items_out_of_order_are_named():
    late, early = Part("Phase 1", NINE, NINE + HOUR), Part("Phase 2", NINE - HOUR)
    codes = [odd.code for odd in oddities.of_phases([late, early, Part("Phase 3")])]
    assert codes == ["phase-order"]
    assert oddities.of_phases([Part("Phase 1", NINE, NINE - HOUR)])[0].code == "phase-backwards"
    odd = oddities.before_their_phase(late, [("1.1", NINE - HOUR), ("1.2", NINE)])
    assert odd.title == "1 item is due before Phase 1 begins"
    assert "1.1" in odd.text and "1.2" not in odd.text
    assert oddities.before_their_phase(Part("Phase 3"), [("3.1", NINE)]) is None


def test_a_notice_of_72_hours_that_is_due_later_is_late():
    """S47: the mail of 72 hours, due at the end of the day before."""
    text = "Send 72-hour notification mail to all users"
    assert oddities.late_notice("2.3", text, NINE - 72 * HOUR, NINE) is None
    odd = oddities.late_notice("2.3", text, NINE - 9 * HOUR, NINE)
    assert odd.title == "2.3: a notice of 3 d is due 9 h before T0"
    assert oddities.late_notice("2.3", "Run 24 hours", NINE, NINE) is None


def test_a_document_that_names_two_holds_is_told_so():
    """S58: six hours in one place, six to twelve in another."""
    lines = ["If yellow: hold 6 hours.", "", "HOLD for 6 to 12 hours more", "household 3 hours"]
    found = oddities.holds_in(lines)
    assert [(hold.seconds, hold.line) for hold in found] == [(21600, 1), (21600, 3), (43200, 3)]
    assert oddities.of_holds(found).title == "Yellow holds 6 h here, 12 h there"
    assert oddities.of_holds([Hold(21600, "Gate 1 holds")] * 2) is None


def test_stages_that_do_not_join_or_have_no_time_are_found():
    codes = [
        odd.code
        for odd in stage_oddities.of_stages(
            [Step(1, 0, 5, 43_200, NINE), Step(2, 10, 10, 0, NINE + HOUR)]
        )
    ]
    assert codes == ["stage-share", "stage-gap", "stage-soak"]
    sound = [Step(1, 0, 5, 3600, NINE), Step(2, 5, 10, 3600, NINE + HOUR)]
    assert stage_oddities.of_stages(sound) == []
    assert stage_oddities.past_the_window(sound, NINE + HOUR).code == "stages-past-window"
    assert stage_oddities.past_the_window(sound, NINE + 2 * HOUR) is None


@pytest.mark.django_db
class TestPlan:
    def codes(self, plan):
        plan.refresh_from_db()
        return [one.code for one in lint(plan, timezone.now())]

    def test_a_plan_that_adds_up_has_none(self, plan, cast, phase, item):
        assert self.codes(plan) == []

    def test_each_floor_finds_its_own(self, plan, cast, phase, gate):
        DeploymentPlan.objects.filter(pk=plan.pk).update(
            t0=timezone.now() + 24 * HOUR, source_text="Hold 12 hours if unsure"
        )
        Phase.objects.filter(pk=phase.pk).update(offset_s=0)
        make_item(phase, 1, "Too early", due_offset_s=-3600)
        make_item(phase, 2, "Long gone", due_at=timezone.now() - HOUR)
        save_weights(plan, [CategoryWanted("Health", Decimal(60))], by=cast["cora"])
        Criterion.objects.create(
            gate=gate, key="e", position=1, label="Errors", acceptable_text="0.2 - 1",
            green_op="<", green_value=0.1, red_op=">", red_value=1,
        )  # fmt: skip
        Stage.objects.create(plan=plan, number=1, from_percent=5, to_percent=5)
        assert set(self.codes(plan)) == {
            "weights-sum",
            "bands-acceptable",
            "item-before-phase",
            "item-past",
            "holds-disagree",
            "stage-share",
        }

    def test_findings_cost_the_same_with_few_and_with_many(
        self, plan, cast, phase, gate, django_assert_max_num_queries
    ):
        for n in range(2, 60):
            make_item(phase, n, f"Item {n}", due_offset_s=-n)
            Criterion.objects.create(gate=gate, key=f"c{n}", position=n, label=f"C{n}")
        # Procedures, backups and success criteria are looked over as well.
        with django_assert_max_num_queries(29):
            lint(plan, timezone.now())

    def test_weights_are_set_once_and_seen_by_the_next(self, plan, cast):
        wanted = [CategoryWanted("Health", Decimal("60.00")), CategoryWanted("Team", Decimal(40))]
        for _ in range(2):
            save_weights(plan, wanted, by=cast["cora"])
        assert plan.events.get().text == "Score weights set: 2 categories, 100 %"
        with pytest.raises(Refused, match="meanwhile"):
            save_weights(plan, wanted[:1], by=cast["cora"], seen="older")
        with pytest.raises(Invalid, match="two categories called"):
            save_weights(plan, [*wanted, CategoryWanted("health", Decimal(1))], by=cast["cora"])
        save_weights(plan, wanted[1:], by=cast["cora"])
        assert [row.label for row in plan.readiness.all()] == ["Team"]

    def test_the_form_says_what_is_wrong_and_keeps_the_rest(self, plan, cast, client_of):
        lines = {"weight-TOTAL_FORMS": 2, "weight-INITIAL_FORMS": 0, "weight-0-label": "Health"}
        lines |= {"weight-0-weight": "much", "weight-1-label": "Team", "weight-1-weight": "40"}
        path, client = f"/plans/{plan.slug}/settings/weights", client_of(cast["cora"])
        wrong = client.post(path, lines)
        assert wrong.status_code == 422
        assert 'value="much"' in wrong.content.decode()
        assert client.post(path, lines | {"weight-0-weight": "65"}).status_code == 302
        assert (
            "Weights add up to 105 %"
            in client.get(f"/plans/{plan.slug}/settings/").content.decode()
        )
