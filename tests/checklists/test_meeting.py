"""The meeting's page and the review pack. S2, S30, S31, S84, S85, S114, S115, S117."""

import pytest
from django.utils import timezone

from checklists.actions.conditions import Wanted
from checklists.actions.criteria import add_criterion
from checklists.actions.decisions import decide_gate
from checklists.actions.gate_editing import add_gate
from checklists.actions.gates import cast_vote
from checklists.actions.judging import judge_criterion
from checklists.actions.signoffs import sign_off
from checklists.documents.pack import pack_markdown
from checklists.models import Criterion, ReadinessCategory, ReadinessScale
from checklists.panels_meeting import areas
from checklists.queries.frozen import is_untouched
from checklists.queries.gates import gate_sheet
from checklists.queries.pack import pack_of
from checklists.rules.bands import Bound
from checklists.rules.gate_settings import GateWanted
from tests.checklists.conftest import measure
from tests.conftest import make_item
from warroom.documents.parse import parse
from warroom.models import Presence, Seat

pytestmark = pytest.mark.django_db


def page_of(client, plan, path):
    answer = client.get(f"/plans/{plan.slug}/gates/gate-1/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def add(gate, key, area, **fields):
    place = 10 + Criterion.objects.count()
    return Criterion.objects.create(
        gate=gate, key=key, label=key.title(), position=place, area=area, **fields
    )


def test_the_meeting_goes_through_areas_each_with_its_worst(plan, all_go):
    """S115: technical, operational and business criteria side by side."""
    Criterion.objects.filter(key="error-rate").update(area="technical")
    add(all_go, "runbook", "operational")
    add(all_go, "launch mail", "business", report_only=True)
    shown = areas(gate_sheet(all_go, timezone.now()))
    assert [(area.title, area.worst and area.worst.said) for area in shown] == [
        ("Technical", "green"),
        ("Operational", "no data"),
        ("Business", None),  # what is only reported holds nothing, and is no green either
    ]
    assert [area.edge for area in shown] == ["ok", "warn", ""]


def test_an_area_of_weighted_criteria_is_no_better_than_they_are(plan, all_go, client_of, cast):
    Criterion.objects.update(area="technical", report_only=True)
    add(all_go, "cost", "business", weight=5, evidence_key="cost")
    shown = areas(gate_sheet(all_go, timezone.now()))
    assert [(area.title, area.edge) for area in shown] == [("Technical", ""), ("Business", "warn")]
    assert "panel--edge-warn" in page_of(client_of(cast["cora"]), plan, "meeting/")


def test_without_areas_all_criteria_stand_together(plan, all_go):
    assert [area.title for area in areas(gate_sheet(all_go, timezone.now()))] == ["Criteria"]


def test_one_page_holds_the_meeting(plan, phase, all_go, cast, client_of):
    """What is asked, what is in the way, the votes and their forms, and the decision."""
    make_item(phase, 7, "Close the port", blocking=True)
    page = page_of(client_of(cast["cora"]), plan, "meeting/")
    for part in ("gate-verdict", "meeting-areas", "meeting-open", "votes", "conditions"):
        assert f'data-live="{part}-gate-1"' in page
    assert 'data-live="presence"' in page
    assert 'id="vote"' in page
    assert 'id="decide"' in page
    assert "Close the port" in page
    observer = page_of(client_of(cast["vera"]), plan, "meeting/")
    assert 'id="vote"' not in observer


def test_a_vote_given_at_the_meeting_comes_back_to_it(plan, gate, cast, client_of):
    thon = client_of(cast["thon"])
    back = f"/plans/{plan.slug}/gates/gate-1/meeting/"
    assert f'name="back" value="{back}"' in page_of(thon, plan, "meeting/")
    form = {"role": "on-call", "vote": "go", "back": back}
    answer = thon.post(f"/plans/{plan.slug}/gates/gate-1/votes", form)
    assert (answer.status_code, answer.url) == (302, back)


def test_the_pack_is_made_of_what_the_room_knows(plan, phase, all_go, cast, roles, client_of):
    """S2 S31 S84 S85: a summary, criteria, work, signatures, conditions, votes."""
    sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"], comment="Seen it all")
    make_item(phase, 7, "Close the port", blocking=True)
    wanted = [Wanted("Watch the cache", "Thon")]
    cast_vote(all_go, roles["on-call"], "go", by=cast["thon"], reason="Fine", conditions=wanted)
    page = page_of(client_of(cast["vera"]), plan, "pack/")
    for said in (
        "1 open item holds this gate.",
        "Close the port",
        "Seen it all",
        "Watch the cache",
        "go with 1 condition",
        "0.04 %",
        "HOLD",
    ):
        assert said in page, said


def test_the_pack_as_markdown_says_the_same_and_keeps_words_as_words(plan, phase, all_go):
    """S114: to be sent. What people typed does not become headings, items or tables."""
    make_item(phase, 7, "- [ ] **Close** | the `port` <b>now</b>", blocking=True)
    plan.summary = "# Not a heading"
    plan.save()
    text = pack_markdown(pack_of(all_go, timezone.now()))
    assert r"\[ \] \*\*Close\*\* \| the \`port\` \<b\>now\</b\>" in text
    titles = [section.title for section in parse(text.encode()).sections]
    assert "Not a heading" not in titles
    assert "Criteria" in titles


def test_a_vote_at_the_meeting_carries_the_meeting_in_its_own_form(plan, gate, cast, client_of):
    page = page_of(client_of(cast["thon"]), plan, "meeting/")
    form = page[page.index('id="vote"') :]
    form = form[: form.index("</form>")]
    assert f'name="back" value="/plans/{plan.slug}/gates/gate-1/meeting/"' in form


def test_after_the_decision_meeting_and_pack_lead_to_the_record(
    plan, phase, all_go, cast, client_of
):
    """The pack says who decided, when, and that it was against the rule."""
    make_item(phase, 7, "Close the port", blocking=True)
    decide_gate(all_go, "go", by=cast["cora"], rationale="The port is closed by the firewall.")
    vera = client_of(cast["vera"])
    pack = page_of(vera, plan, "pack/")
    assert "against the rule, which said HOLD" in pack
    assert "/gates/gate-1/decisions/" in pack
    assert "Blocker:" not in pack
    meeting = page_of(vera, plan, "meeting/")
    assert "/gates/gate-1/decisions/" in meeting
    assert 'data-live="meeting-open-gate-1"' not in meeting


def test_what_the_rule_does_not_ask_for_is_said_beside_it(plan, all_go, cast, client_of):
    """A grave finding, a failed dry run, a contingency in force: the meeting does not miss them."""
    now = timezone.now()
    found = {"state_at": now, "state_by_name": "Thon", "seen_at": now}
    plan.findings.create(number=1, title="Debug endpoint", severity="critical", **found)
    run = plan.dry_runs.create(number=1, title="Rollback status")
    run.results.create(word="fail", by_name="Thon", at=now)
    plan.scenarios.create(number=1, title="Targets stay down", state="in-force", state_at=now)
    page = page_of(client_of(cast["vera"]), plan, "meeting/")
    for said in (
        "Findings that count: 1 critical.",
        "Dry runs without a pass: Rollback status.",
        "Contingency in force: Targets stay down.",
    ):
        assert said in page, said
    assert "Findings that count: 1 critical." in page_of(client_of(cast["vera"]), plan, "")


def test_the_pack_costs_the_same_with_one_and_with_many(
    plan, phase, item, all_go, django_assert_max_num_queries
):
    def read():
        fresh = type(plan).objects.get(pk=plan.pk)
        all_go.plan = fresh
        pack_of(all_go, timezone.now())

    for n in range(30, 60):
        make_item(phase, n, f"Item {n}")
        add(all_go, f"c{n}", "technical")
        measure(plan, f"c{n}", 1.0)
    with django_assert_max_num_queries(40):
        read()


def test_who_was_here_is_frozen_with_the_decision(plan, all_go, cast):
    """S115: a year later it is known who sat in the meeting."""
    Presence.objects.create(plan=plan, user=cast["thon"], seen_at=timezone.now())
    decision = decide_gate(all_go, "go", by=cast["cora"])
    here = {row["person"]: row["here"] for row in decision.evidence["present"]}
    assert here[cast["thon"].display_name] is True
    assert here[cast["hudson"].display_name] is False
    assert is_untouched(decision)


def test_the_pack_names_who_fills_which_role(plan, all_go, cast, client_of):
    Seat.objects.filter(role__key="security-lead").delete()
    page = page_of(client_of(cast["cora"]), plan, "pack/")
    assert "nobody" in page
    assert "not here now" in page


def test_the_pack_tells_score_findings_trials_and_risks(plan, phase, all_go, cast):
    """S13 S16 S40 S41 S75 S76 S80 S82 S86 S95 S99 S103: from the registers, never typed again."""
    now = timezone.now()
    ReadinessScale.objects.create(plan=plan, best=10, bar=8)
    for place, (key, value, target) in enumerate((("health", 10, 9), ("security", 6, 8)), start=1):
        category = ReadinessCategory.objects.create(
            plan=plan, key=key, label=key.title(), weight=50, position=place, target_value=target
        )
        category.scores.create(value=value, by_name="Cora", by=cast["cora"], at=now, why="Seen")
    found = {"state_at": now, "state_by_name": "Thon", "seen_at": now}
    plan.findings.create(number=1, title="Debug endpoint", severity="high", **found)
    plan.load_profiles.create(key="peak", position=1, name="Peak hour", users=50, p95_ms=200)
    dry_run = plan.dry_runs.create(number=1, title="Rollback status")
    dry_run.results.create(
        word="warn", by_name="Thon", at=now, accepted=True, accepted_reason="Only in staging"
    )
    plan.risks.create(number=1, title="Targets stay down", severity="P1", probability="50 %")
    plan.scenarios.create(number=1, title="A metric is yellow", action="Hold", decide="Look again")
    make_item(phase, 7, "Close the port", blocking=True)
    text = pack_markdown(pack_of(all_go, now))
    for said in (
        "| All | 8.00 of 10 | 100 % | above the bar |",
        "Strengths: Health.",
        "Gap: Security would add 1.00 to the score.",
        "Blocker: 1.7 Close the port",
        "Beside: Findings that count: 1 high.",
        "| F-1 Debug endpoint | High | open |",
        "| Peak hour | P95 ≤ 200 ms | open |",
        "| Rollback status | WARN | Only in staging |",
        "| R1 Targets stay down | P1 | 50 % |",
        "| A metric is yellow | Hold | Look again | Armed |",
    ):
        assert said in text, said


def test_a_days_success_is_a_gate_of_its_own_and_its_review_is_signed(plan, cast, roles):
    """S87: what makes the day a success is measured, and who reviewed it stands beside."""
    day = add_gate(plan, GateWanted(title="Day 1 is a success"), by=cast["cora"])
    for label, source, key in (
        ("Health checks", "evidence", "health-checks"),
        ("No rollback fired", "person", ""),
    ):
        fields = {"label": label, "source": source, "evidence_key": key, "green": Bound(">=", 5)}
        fields |= {} if key else {"green": None}
        add_criterion(day, fields, by=cast["cora"], reason="The plan's own list")
    measure(plan, "health-checks", 5, unit="", valid_for_s=3600)
    fired = day.criteria.get(label="No rollback fired")
    judge_criterion(fired, by=cast["thon"], band="green", note="None since 09:16")
    sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"], gate=day, comment="Read it")
    day.plan = type(plan).objects.get(pk=plan.pk)
    pack = pack_of(day, timezone.now())
    assert [row.band for row in pack.sheet.criteria] == ["green", "green"]
    assert "| Day 1 is a success | On-Call | thon | approved | Read it |" in pack_markdown(
        pack
    ).replace(cast["thon"].display_name, "thon")


def test_a_follow_up_with_an_owner_and_no_role_is_shown(plan, all_go, cast, roles, client_of):
    """What a condition's owner has to do after a NO-GO belongs to a person, not to a role."""
    wanted = [Wanted("P95 below 200 ms for 60 min", "Thon")]
    cast_vote(all_go, roles["on-call"], "go", by=cast["thon"], conditions=wanted)
    decide_gate(all_go, "no-go", by=cast["cora"], rationale="The cache job runs until midnight.")
    task = plan.followups.get(owner="Thon")
    assert task.role is None
    cora = client_of(cast["cora"])
    assert "Thon" in page_of(cora, plan, "")
    assert cora.get(f"/plans/{plan.slug}/followups/{task.number}/").status_code == 200
