"""Branch steps go with the plan file; follow-ups and corrections stand in its record."""

from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions import load
from checklists.actions.branches import set_branches
from checklists.actions.corrections import correct
from checklists.actions.delegating import log_try
from checklists.actions.dryruns import add_dry_run, record_dry_run
from checklists.actions.findings import add_finding
from checklists.actions.gates import decide_gate
from checklists.actions.readiness import CategoryWanted, give_score, save_weights
from checklists.documents.decision_record import record_markdown
from checklists.linting_branches import branches
from checklists.models import BranchStep
from checklists.queries.decision_records import numbered, record_of
from checklists.rules.followups import Step
from warroom.actions.imports import create_plan
from warroom.documents.complaints import PlanFileError
from warroom.documents.portable import as_yaml, plan_data, read

pytestmark = pytest.mark.django_db
STEPS = {
    "go": [Step("announcement", "Tell all"), Step("task", "Switch the flag on", "on-call", 60)],
    "hold": [],
    "no-go": [Step("blockers", "Clear what blocks")],
}


def test_steps_are_the_same_after_a_round_trip(plan, gate, cast):
    set_branches(gate, STEPS, by=cast["cora"])
    data = plan_data(plan, states=True)
    made = create_plan(read(as_yaml(data), "yaml"), by="test", slug="again")
    assert data["branches"] == plan_data(made, states=True)["branches"]
    assert data["branches"][0]["do"][1] == {
        "text": "Switch the flag on",
        "role": "on-call",
        "after": "1h",
    }
    assert BranchStep.objects.filter(gate__plan=made).count() == 3


def test_a_role_or_gate_that_there_is_not_is_said_with_its_place(plan, gate, cast):
    set_branches(gate, STEPS, by=cast["cora"])
    data = plan_data(plan, states=False)
    data["branches"][0]["do"][1]["role"] = "pope"
    data["branches"][1]["gate"] = "gate-9"
    with pytest.raises(PlanFileError) as wrong:
        read(as_yaml(data), "yaml")
    said = " ".join(f"{one.path} {one.text}" for one in wrong.value.problems)
    assert "branches" in said and "pope" in said and "gate-9" in said


def test_follow_ups_and_corrections_stand_in_the_record(plan, gate, cast):
    decision = decide_gate(gate, "hold", by=cast["cora"])
    correct(decision, "It was Thon who asked for it.", by=cast["cora"])
    record = plan_data(plan, states=True)["record"]
    assert record["followups"][0]["text"] == "Look again at the gate"
    assert record["corrections"][0]["by"] == "Cora"


# --- the decision record -----------------------------------------------------------------------

FOUL = "1. Latency | is\n2) high <script>alert(1)</script>\n- `# not a heading`\n* [x] *bold*"


def test_a_rationale_is_numbered_by_its_lines():
    """S18: the decision with its numbered rationale."""
    assert numbered("1. One\n 2) Two\n\n- Three\n2025 was good") == [
        "One",
        "Two",
        "Three",
        "2025 was good",
    ]


def test_the_record_says_who_decided_what_on_what_and_is_the_same_each_time(plan, all_go, cast):
    """S31: votes, window, rationale. S43: the final stamp."""
    decision = decide_gate(all_go, "no-go", by=cast["cora"], rationale=FOUL)
    text = record_markdown(record_of(decision))
    assert text == record_markdown(record_of(decision))
    for part in ("## Decision", "## Rationale", "## Votes", "## Criteria as measured", "## Proof"):
        assert part in text
    assert "OVERRIDE: against the rule, which said GO" in text
    assert decision.evidence_sha256 in text and "as Deployment Lead" in text
    assert "SHA-256 of the lines above" in text


def test_the_record_shows_everything_that_was_frozen(plan, all_go, cast, roles, client_of):
    """A year later anybody can see what it was decided on (law 9)."""
    save_weights(plan, [CategoryWanted("Health", Decimal(100))], by=cast["cora"])
    give_score(plan, "health", Decimal(90), "Green for a week", by=cast["thon"])
    log_try(all_go, roles["on-call"], "Call", "No answer", by=cast["hudson"])
    record_dry_run(
        add_dry_run(plan, {"title": "Restore", "command": "make restore"}, by=cast["forge"]),
        "pass",
        by=cast["forge"],
    )
    add_finding(plan, {"title": "Old library", "severity": "low"}, by=cast["forge"])
    load.add_profile(plan, {"name": "Peak", "p95_ms": 200}, by=cast["cora"])
    decision = decide_gate(all_go, "hold", by=cast["cora"], rationale=FOUL)
    text = record_markdown(record_of(decision))
    titles = ("Readiness score", "Load runs", "Dry runs", "Findings", "Who had to vote")
    for title in (*titles, "Tries to reach", "People"):
        assert f"## {title}" in text, title
    for said in ("Green for a week", "Restore", "No answer", "Counting: 1 low", "3 of 3 roles"):
        assert said in text, said
    page = f"/plans/{plan.slug}/gates/gate-1/decisions/{decision.pk}/"
    shown = client_of(cast["cora"]).get(page).content.decode()
    assert "Green for a week" in shown and "Who had to vote" in shown


def test_a_record_of_evidence_that_lacks_the_newer_parts_is_shown(all_go, cast):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    for name in ("quorum", "present", "signatures", "bar", "bar_fail"):
        decision.evidence.pop(name, None)
    assert "## Votes" in record_markdown(record_of(decision))


def test_what_people_typed_stays_text_in_the_record(plan, all_go, cast):
    decision = decide_gate(all_go, "no-go", by=cast["cora"], rationale=FOUL)
    text = record_markdown(record_of(decision))
    assert "<script>" not in text and "Latency \\| is" in text
    assert not [line for line in text.splitlines() if line.startswith(("# not", "* [x]", "- `#"))]


def test_the_pages_of_a_decision_are_shown(plan, all_go, cast, client_of):
    client = client_of(cast["cora"])
    decision = decide_gate(all_go, "no-go", by=cast["cora"], rationale=FOUL)
    base = f"/plans/{plan.slug}/gates/gate-1"
    page = client.get(f"{base}/decisions/{decision.pk}/").content.decode()
    assert "Override" in page and "NO-GO: 5 to 10 %" in page and "<script>alert" not in page
    page = client.get(f"{base}/decisions/{decision.pk}/verify").content.decode()
    assert "The decision holds" in page
    page = client.get(f"{base}/").content.decode()
    assert "Write the remediation plan" in page and "Add a correction" in page
    page = client.get(f"/plans/{plan.slug}/followups/").content.decode()
    assert "Set a new date" in page


def test_who_decides_on_what_is_not_true_any_more_gets_the_page_with_their_words(
    plan, all_go, cast, client_of
):
    client = client_of(cast["cora"])
    sent = {"decision": "hold", "rationale": "The cache job ends at 01:30.", "seen": "hold:1"}
    answer = client.post(f"/plans/{plan.slug}/gates/gate-1/decision", sent)
    page = answer.content.decode()
    assert answer.status_code == 409 and "The cache job ends at 01:30." in page
    assert "The rule said HOLD; now it says GO" in page and 'name="seen" value="go:1"' in page
    client.post(f"/plans/{plan.slug}/gates/gate-1/decision", sent | {"seen": "go:1"})
    assert all_go.decisions.get().override


def test_the_new_date_is_previewed_and_set_on_the_page(plan, gate, cast, client_of):
    client = client_of(cast["cora"])
    type(plan).objects.filter(pk=plan.pk).update(t0="2099-03-04T09:00:00Z")
    decide_gate(gate, "no-go", by=cast["cora"], rationale="Not on this evidence, not today.")
    path = f"/plans/{plan.slug}/followups/{plan.followups.get(kind='new-date').number}"
    page = client.get(f"{path}/?shift=%2B7d").content.decode()
    assert "Preview, nothing is saved yet." in page and f"{path}/date" in page
    basis = page.split('name="basis" value="')[1].split('"')[0]
    sent = {"shift": "+7d", "basis": basis, "reason": ""}
    assert client.post(f"{path}/date", sent).status_code == 422
    assert client.post(f"{path}/date", sent | {"reason": "Fix first"}).status_code == 302
    assert plan.gates.filter(key="gate-1-2").exists()


def test_branches_are_set_on_their_page(plan, gate, cast, client_of):
    client = client_of(cast["cora"])
    path = f"/plans/{plan.slug}/gates/gate-1/branches"
    assert "blockers | Clear what blocks" in client.get(path).content.decode()
    answer = client.post(path, {"go": "Switch it on | pope"})
    assert answer.status_code == 422 and "Switch it on | pope" in answer.content.decode()
    assert client.post(path, {"go": "Switch it on | On-Call | 60m"}).status_code == 302
    row = BranchStep.objects.get()
    assert (row.role.key, row.after_minutes) == ("on-call", 60)


def test_a_no_go_without_anything_that_follows_is_a_finding(plan, gate, cast):
    assert list(branches(plan, timezone.now())) == []
    set_branches(gate, {"go": [Step("task", "Switch it on")]}, by=cast["cora"])
    plan.refresh_from_db()
    found = next(iter(branches(plan, timezone.now())))
    assert found.title == "5 to 10 %: nothing starts on NO-GO"
