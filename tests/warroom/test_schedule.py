"""T0 is shifted: what moves is shown first, what happened keeps its time. Scenario 42."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from checklists.actions.gates import decide_gate
from checklists.models import Condition, DailyForm, Gate, Phase, PhaseGroup
from checklists.rules.due import due_at
from rollouts.models import Stage
from rollouts.rules.stages import Ahead, objections
from tests.conftest import make_item
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.schedule import preview_shift, shift_t0
from warroom.actions.tokens import make_token
from warroom.models import Role
from warroom.queries.timeline import first_broken
from warroom.rules import schedule as rules
from warroom.rules.schedule import Plan, Thing
from warroom.rules.windows import leaves, outside
from warroom.rules.wording import duration_text, offset_text
from warroom.rules.zones import zone_text

H = 3600
T0 = datetime(2025, 10, 23, 9, tzinfo=UTC)
NOW = datetime(2025, 10, 23, 20, 46, 18, tzinfo=UTC)


# --- the rule --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("+6h", 6 * H), ("−30m", -1800), ("-30m", -1800), ("+1h30m", 5400), ("+2d", 2 * 86_400),
        (" + 90 min ", 5400), ("+1 h 5 min", 3900), ("6h", None), ("+", None), ("soon", None),
        ("+6", None), ("+99999999999d", None), ("+1e9h", None), ("", None),
    ],
)  # fmt: skip
def test_a_length_is_read_with_its_sign(text, seconds):
    assert rules.parse_by(text) == seconds


def test_the_window_has_both_its_ends_inside():
    opens, closes = T0, T0 + timedelta(hours=24)
    assert outside(opens, opens, closes) == outside(closes, opens, closes) == ""
    assert outside(closes + timedelta(hours=6), opens, closes) == "6 h after the window"
    assert outside(opens - timedelta(hours=2), opens, closes) == "2 h before the window"
    assert outside(NOW, None, None) == leaves(NOW, None, None) == ""
    late = leaves(closes + timedelta(minutes=5), opens, closes)
    assert late == "It is 5 min after the window, which closed 09:00 UTC."
    assert "which opens 09:00 UTC" in leaves(opens - timedelta(minutes=5), opens, closes)


def things():
    return [
        Thing("g:1", "Gate 1", 12 * H, over=False),
        Thing("g:0", "Gate 0", 0, over=True),
        Thing("s:2", "Stage 2", 12 * H + 900, over=False),
        Thing("g:2", "Gate 2", 24 * H, over=False),
        Thing("i:1", "Item late", 11 * H),
        Thing("f:1", "Board meeting", at=T0 + timedelta(hours=30)),
        Thing("p:1", "Ahead", 20 * H),
    ]


def test_after_t0_only_what_is_ahead_moves_and_t0_stays():
    shift = rules.shift(Plan(T0, None, None), things(), 6 * H, NOW, False)
    assert [row.thing.label for row in shift.rows] == ["Gate 1", "Stage 2", "Ahead", "Gate 2"]
    assert [one.label for one in shift.stays] == ["Gate 0", "Item late", "Board meeting"]
    assert (shift.t0, shift.moves, shift.ahead) == (T0, 4, True)
    assert shift.rows[0].then == T0 + timedelta(hours=18)


def test_what_would_leave_the_window_is_named_and_moving_the_window_too_allows_it():
    plan = Plan(T0, T0, T0 + timedelta(hours=24))
    shift = rules.shift(plan, things(), 6 * H, NOW, False)
    assert "Gate 2 would lie 6 h after the window." in shift.against
    assert [row.wrong for row in shift.rows if row.thing.label == "Gate 2"] == [
        "6 h after the window"
    ]
    moved = rules.shift(plan, things(), 6 * H, NOW, True)
    assert moved.against == []
    assert (moved.opens, moved.closes) == (T0, T0 + timedelta(hours=30))


def test_what_lay_outside_the_window_before_may_lie_outside_it():
    plan = Plan(T0, T0, T0 + timedelta(hours=24))
    shift = rules.shift(plan, [Thing("w:1", "Watch", 48 * H)], H, NOW, False)
    assert shift.against == []
    assert shift.rows[0].note == "1 d 1 h after the window, as it was before"


def test_nothing_is_moved_into_the_past():
    shift = rules.shift(Plan(T0, None, None), things(), -H, NOW, False)
    assert "Gate 1 would lie 46 min in the past." in shift.against


def test_before_t0_everything_with_an_offset_moves_with_it():
    before = T0 - timedelta(days=1)
    shift = rules.shift(Plan(T0, None, None), things(), T0 + timedelta(hours=2), before, False)
    assert (shift.by_s, shift.ahead, shift.t0) == (2 * H, False, T0 + timedelta(hours=2))
    assert [one.label for one in shift.stays] == ["Gate 0", "Board meeting"]


def test_many_of_a_kind_are_one_row_that_counts_them():
    many = [Thing(f"i:{n}", "Items of 1", n * H, group="1") for n in range(3, 0, -1)]
    row = rules.shift(Plan(T0, None, None), many, H, T0 - timedelta(days=1), False).rows[0]
    assert (row.count, row.now) == (3, T0 + timedelta(hours=1))


# --- summer time: scenario 42 ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "start", "before", "after"),
    [
        ("Europe/Berlin", datetime(2025, 10, 25, 20), "20:00 CEST", "07:00 CET"),
        ("America/Chicago", datetime(2025, 11, 1, 20), "20:00 CDT", "07:00 CST"),
        ("Europe/Berlin", datetime(2026, 3, 28, 20), "20:00 CET", "09:00 CEST"),
        ("America/Chicago", datetime(2026, 3, 7, 20), "20:00 CST", "09:00 CDT"),
    ],
)
def test_a_soak_of_12_hours_lasts_12_hours_over_both_changes_of_the_clock(
    zone, start, before, after
):
    began = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ends = due_at(began, None, 12 * H)
    assert ends - began == timedelta(hours=12)
    # The day in UTC may be another one than there.
    assert zone_text(began, zone).endswith(before) and zone_text(ends, zone).endswith(after)
    assert offset_text(ends - began) == "T+12:00" and duration_text(ends - began) == "12 h"
    ahead = Ahead(True, "", "", "proceed", "", soaking=1, soak_s=12 * H, soaks_until=ends,
                  now=ends - timedelta(minutes=1))  # fmt: skip
    assert "12 h, 1 min left" in objections(ahead)[0]


@pytest.mark.parametrize(
    ("zone", "first", "texts"),
    [
        ("Europe/Berlin", datetime(2025, 10, 26, 0, 30, tzinfo=UTC), ("02:30 CEST", "02:30 CET")),
        ("America/Chicago", datetime(2025, 11, 2, 6, 30, tzinfo=UTC), ("01:30 CDT", "01:30 CST")),
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), ("01:30 CET", "03:30 CEST")),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart_and_the_one_that_is_missing_is_skipped(
    zone, first, texts
):
    shown = (zone_text(first, zone), zone_text(first + timedelta(hours=1), zone))
    assert shown == texts


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", ""), ("", ""), ("Nowhere/Else", ""), ("Asia/Kolkata", "14:30 IST"),
        ("America/Sao_Paulo", "06:00 UTC−03"), ("Pacific/Auckland", "22:00 NZDT"),
        ("Pacific/Kiritimati", "23:00 UTC+14"),
    ],
)  # fmt: skip
def test_the_plans_zone_is_shown_with_its_letters(zone, text):
    assert zone_text(T0, zone) == text


def test_another_day_in_the_plans_zone_is_named():
    assert zone_text(datetime(2025, 10, 23, 23, tzinfo=UTC), "Europe/Berlin") == "24 Oct 01:00 CEST"


@pytest.mark.django_db
def test_a_t0_typed_in_a_zone_with_summer_time_is_moved_by_time_and_not_by_clock_faces(plan):
    plan.t0 = datetime(2025, 10, 25, 10, tzinfo=UTC)
    to = datetime(2025, 10, 26, 12, tzinfo=ZoneInfo("Europe/Berlin"))  # 24 h and one hour later
    Gate.objects.create(plan=plan, key="g", number=1, title="Gate", offset_s=-12 * H)
    shift = preview_shift(plan, to, datetime(2025, 10, 20, tzinfo=UTC))
    assert shift.by_s == 25 * H
    gate = next(row for row in shift.rows if row.thing.label == "Gate")
    assert gate.then == datetime(2025, 10, 25, 23, tzinfo=UTC)


# --- the action --------------------------------------------------------------------------------


@pytest.fixture
def release(plan, cast):
    """T0 was an hour ago; a phase under way, one ahead, gates, stages, cover and fixed dates."""
    now = timezone.now().replace(microsecond=0)
    plan.t0, plan.window_start, plan.window_end = (
        now - timedelta(hours=1),
        now - timedelta(hours=1),
        now + timedelta(hours=23),
    )
    plan.protected_until = now + timedelta(hours=24)
    plan.save()
    Role.objects.filter(key="observer").update(cover_from_s=12 * H, cover_until_s=24 * H)
    run = Phase.objects.create(
        plan=plan, number=1, title="Under way", offset_s=-H, end_offset_s=2 * H
    )
    later = Phase.objects.create(plan=plan, number=2, title="Day 1", offset_s=20 * H)
    PhaseGroup.objects.create(
        phase=later, title="Close-out", position=1, offset_s=21 * H, end_offset_s=21 * H
    )
    make_item(run, 1, "Done", due_offset_s=2 * H, state="done")
    make_item(later, 2, "Open", due_offset_s=20 * H)
    make_item(later, 3, "Fixed", due_at=now + timedelta(hours=9))
    Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1", offset_s=12 * H)
    Gate.objects.create(plan=plan, key="gate-2", number=2, title="Gate 2", offset_s=24 * H)
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, state="running",
                         offset_s=0)  # fmt: skip
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10, offset_s=12 * H,
                         soak_s=12 * H)  # fmt: skip
    Condition.objects.create(plan=plan, number=1, text="x", due_at=now + timedelta(hours=3))
    DailyForm.objects.create(
        plan=plan, key="d", title="Wrap-up", at_time=time(18), first_day=now.date()
    )
    return plan


def offsets(plan):
    return {
        "phases": list(Phase.objects.filter(plan=plan).values_list("offset_s", "end_offset_s")),
        "group": PhaseGroup.objects.values_list("offset_s", "end_offset_s").get(),
        "items": list(plan.items.values_list("due_offset_s", flat=True)),
        "gates": list(Gate.objects.filter(plan=plan).values_list("offset_s", flat=True)),
        "stages": list(Stage.objects.filter(plan=plan).values_list("offset_s", flat=True)),
        "cover": Role.objects.values_list("cover_from_s", "cover_until_s").get(key="observer"),
    }  # fmt: skip


@pytest.mark.django_db
def test_what_is_ahead_moves_and_what_happened_and_fixed_dates_stay(release, cast):
    t0 = release.t0
    shift_t0(release, 6 * H, by=cast["cora"], reason="Vendor is late.", window_too=True)
    release.refresh_from_db()
    assert offsets(release) == {
        "phases": [(-H, 8 * H), (26 * H, None)],
        "group": (27 * H, 27 * H),
        "items": [2 * H, 26 * H, None],
        "gates": [18 * H, 30 * H],
        "stages": [0, 18 * H],
        "cover": (18 * H, 30 * H),
    }
    assert release.t0 == t0 and release.window_start == t0
    assert release.window_end == t0 + timedelta(hours=30)
    assert release.protected_until == t0 + timedelta(hours=25)
    event = release.events.get()
    assert (event.kind, event.data["by_s"], event.data["ahead"]) == ("plan.shifted", 6 * H, True)
    assert event.data["window"]["to"][1] == release.window_end.isoformat()
    assert "What is ahead moves by +6 h" in event.text and "Vendor is late." in event.text
    assert first_broken(release) is None


@pytest.mark.django_db
def test_a_shift_that_leaves_the_window_is_refused_and_says_the_way_out(release, cast):
    before = offsets(release)
    with pytest.raises(Refused, match="Move the window too, or shift by less") as refused:
        shift_t0(release, 6 * H, by=cast["cora"], reason="Late.")
    assert refused.value.status == 409
    assert offsets(release) == before and not release.events.exists()


@pytest.mark.django_db
def test_the_preview_writes_nothing_and_what_changed_since_it_refuses_the_shift(release, cast):
    now = timezone.now()
    seen = preview_shift(release, -1800, now)
    assert not release.events.exists()
    labels = [row.thing.label for row in seen.rows]
    assert "Gate 1" in labels and "Observer" in labels and "Items of 2 Day 1" in labels
    assert {one.label for one in seen.stays if one.at} == {
        "Protected until", "2: Fixed", "Condition 1",
    }  # fmt: skip
    assert "Wrap-up" in {one.label for one in seen.stays}
    decide_gate(
        Gate.objects.get(key="gate-1"),
        "no-go",
        by=cast["cora"],
        rationale="No, not on this evidence",
    )
    with pytest.raises(Refused, match="changed since the preview"):
        shift_t0(release, -1800, by=cast["cora"], reason="Early.", basis=seen.basis)
    fresh = preview_shift(release, -1800, timezone.now())
    shift_t0(release, -1800, by=cast["cora"], reason="Early.", basis=fresh.basis)
    assert offsets(release)["gates"] == [12 * H, 24 * H - 1800]


@pytest.mark.django_db
def test_before_t0_only_t0_itself_is_written(release, cast):
    release.t0 = timezone.now().replace(microsecond=0) + timedelta(days=2)
    release.window_start, release.window_end = release.t0, release.t0 + timedelta(days=1)
    release.save()
    before, to = offsets(release), release.t0 + timedelta(hours=3)
    with pytest.raises(Refused, match="window"):
        shift_t0(release, to, by=cast["cora"], reason="Later.")
    for _ in range(2):  # an absolute time is set, not added
        shift_t0(release, to, by=cast["cora"], reason="Later.", window_too=True)
    release.refresh_from_db()
    assert offsets(release) == before
    assert (release.t0, release.window_start) == (to, to)
    assert release.events.get().text.startswith("T0 moves from")


@pytest.mark.django_db
def test_a_first_t0_gives_everything_a_time(plan, cast, phase):
    make_item(phase, 1, "x", due_offset_s=-H)
    to = timezone.now() + timedelta(days=1)
    shift = preview_shift(plan, to, timezone.now())
    assert {row.now for row in shift.rows} == {None} and shift.moves == 2
    shift_t0(plan, to, by=cast["cora"], reason="Agreed.")
    assert plan.events.get().data["from"] is None
    plan.refresh_from_db()
    assert plan.t0 == to


@pytest.mark.django_db
def test_a_first_t0_outside_the_window_is_refused(plan, cast):
    plan.window_end = timezone.now()
    plan.save()
    with pytest.raises(Refused, match=r"Refused: Go-live would lie .* after the window"):
        shift_t0(plan, timezone.now() + timedelta(days=1), by=cast["cora"], reason="Agreed.")


@pytest.mark.django_db
def test_the_same_request_shifts_once(release, cast):
    for _ in range(2):
        shift_t0(release, H, by=cast["cora"], reason="Late.", window_too=True, request_id="once")
    assert offsets(release)["gates"] == [13 * H, 25 * H]
    assert release.events.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["thon", "hudson", "vera", "stranger"])
def test_only_who_edits_the_plan_shifts_it(release, cast, name):
    with pytest.raises(NotAllowed):
        shift_t0(release, H, by=cast[name], reason="Late.")
    assert not release.events.exists()


@pytest.mark.django_db
def test_a_closed_release_is_not_shifted(release, cast):
    release.lifecycle = "aborted"
    release.save()
    with pytest.raises(Refused, match="closed"):
        shift_t0(release, H, by=cast["cora"], reason="Late.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("to", "reason", "field"),
    [
        (H, " ", "reason"),
        (H, "x" * 5000, "reason"),
        (0, "Nothing.", "by"),
        (datetime(9999, 1, 1, tzinfo=UTC), "Far.", "t0"),
        (datetime(2030, 1, 1, tzinfo=UTC), "T0 has passed.", "t0"),
    ],
)
def test_a_wrong_shift_names_its_field(release, cast, to, reason, field):
    with pytest.raises(Invalid) as wrong:
        shift_t0(release, to, by=cast["cora"], reason=reason)
    assert wrong.value.field == field


@pytest.mark.django_db
def test_without_t0_there_is_nothing_to_shift_by(plan, cast):
    with pytest.raises(Invalid) as wrong:
        shift_t0(plan, H, by=cast["cora"], reason="Late.")
    assert wrong.value.field == "by"


@pytest.mark.django_db
def test_a_preview_costs_the_same_for_one_item_and_for_many(release, django_assert_num_queries):
    now = timezone.now()
    phase = Phase.objects.get(number=2)
    with django_assert_num_queries(12):
        preview_shift(release, H, now)
    for number in range(10, 40):
        make_item(phase, number, "x", due_offset_s=20 * H)
    with django_assert_num_queries(12):
        preview_shift(release, H, now)


# --- the API -----------------------------------------------------------------------------------


@pytest.fixture
def post(client, cast, release):
    def send(name, body, scopes=("read", "edit"), **headers):
        headers |= {"authorization": f"Bearer {make_token(cast[name], list(scopes))[1]}"}
        return client.post(
            f"/api/v1/plans/{release.slug}/shift", body, content_type="application/json",
            headers=headers,
        )  # fmt: skip

    return send


@pytest.mark.django_db
def test_the_api_shows_a_shift_and_then_does_it(release, post):
    shown = post("cora", {"by": "+6h", "dry_run": True}).json()
    assert shown["refused"].startswith("Refused: ")
    assert {"label", "now", "then", "note", "wrong", "count"} == set(shown["moves"][0])
    assert {one["label"] for one in shown["stays"]} >= {"Protected until", "Wrap-up"}
    assert post("cora", {"by": "+6h", "reason": "Late."}).status_code == 409
    body = {"by": "+6h", "reason": "Late.", "window_too": True, "basis": ""}
    done = post("cora", body)
    assert (done.status_code, done.json()["done"]) == (200, True)
    assert offsets(release)["gates"] == [18 * H, 30 * H]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "body", "scopes", "status", "field"),
    [
        ("cora", {"by": "+6h"}, ["edit"], 422, "reason"),
        ("cora", {"by": "six", "reason": "x"}, ["edit"], 422, "by"),
        ("cora", {"reason": "x"}, ["edit"], 422, "t0"),
        ("cora", {"by": "+1h", "t0": "2030-01-01T00:00:00Z"}, ["edit"], 422, "t0"),
        ("cora", {"t0": "2030-01-01T00:00:00", "reason": "x"}, ["edit"], 422, "t0"),
        ("thon", {"by": "+1h", "reason": "x"}, ["edit"], 403, None),
        ("cora", {"by": "+1h", "reason": "x"}, ["read"], 403, None),
        ("stranger", {"by": "+1h", "reason": "x"}, ["edit"], 404, None),
    ],
)
def test_the_api_refuses_a_shift_with_a_problem(release, post, name, body, scopes, status, field):
    answer = post(name, body, scopes)
    assert answer.status_code == status
    assert field is None or answer.json()["field"] == field
    assert not release.events.exists()
