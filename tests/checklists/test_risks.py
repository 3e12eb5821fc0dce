"""Risks: written down, changed, closed; what the page says of them. S16 S41 S77 S78 S80."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.risks import add_risk, edit_risk, remove_risk, set_risk_state
from checklists.linting_risks import risks as risk_findings
from checklists.models import Criterion, Evidence, Risk
from checklists.queries.frozen import frozen
from checklists.queries.gates import gate_sheet
from checklists.queries.risks import risk_sheet
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import Lifecycle, TimelineEvent

pytestmark = pytest.mark.django_db

TARGETS = {
    "title": "Prometheus targets do not collect metrics",
    "severity": "HIGH (P1)",
    "probability": "MEDIUM (50%)",
    "probability_after": "LOW (20%)",
    "impact": "Blind spots",
    "cause": "Not instrumented",
    "trigger": "Targets down 5 min after deploy",
    "mitigation": "Health check script as fallback",
    "mitigations": [
        {"phase": "during", "text": "Look at the targets"},
        {"phase": "before", "text": "Review the configuration"},
    ],
    "criteria": [
        {"if": "Targets are up", "then": "Go on", "word": "proceed"},
        {"if": "Checks fail too", "then": "Roll back", "word": "rollback"},
    ],
    "owner": "Thon",
}


@pytest.fixture
def risk(plan, cast):
    return add_risk(plan, TARGETS, by=cast["cora"])


def kinds(plan):
    return list(plan.events.values_list("kind", flat=True).order_by("seq"))


def test_a_risk_keeps_all_that_is_said_of_it(plan, cast, risk):
    """S77 S78."""
    assert (risk.number, risk.owner) == (1, "Thon")
    assert [row["phase"] for row in risk.mitigations] == ["before", "during"]
    assert risk.criteria[1] == {
        "if": "Checks fail too", "then": "Roll back", "word": "rollback"
    }  # fmt: skip
    event = plan.events.get(kind="risk.added")
    assert event.data["risk"] == 1 and event.data["fields"]["severity"] == "HIGH (P1)"


def test_the_same_request_adds_one_risk(plan, cast):
    first = add_risk(plan, {"title": "Fire"}, by=cast["cora"], request_id="a")
    assert add_risk(plan, {"title": "Fire"}, by=cast["cora"], request_id="a") == first
    assert kinds(plan).count("risk.added") == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "a", "severity": "x" * 61}, "severity"),
        ({"title": "a", "mitigations": [{"phase": "later", "text": "b"}]}, "mitigations"),
        ({"title": "a", "mitigations": "b"}, "mitigations"),
        ({"title": "a", "criteria": [{"if": "", "then": "b"}]}, "criteria"),
        ({"title": "a", "criteria": [{"if": "b", "word": "maybe"}]}, "criteria"),
        ({"title": "a", "criteria": [{"if": "b", "key": "p95"}]}, "criteria"),
        ({"title": "a", "criteria": [{"if": "b", "key": "p95", "band": "pink"}]}, "criteria"),
        ({"title": "a", "criteria": [{"if": "b"}] * 31}, "criteria"),
    ],
)
def test_a_wrong_field_is_named(plan, cast, fields, field):
    with pytest.raises(Invalid) as wrong:
        add_risk(plan, fields, by=cast["cora"])
    assert wrong.value.field == field and not Risk.objects.exists()


def test_only_who_may_edit_writes_risks_down(plan, cast, risk):
    for name in ("thon", "forge", "vera"):
        with pytest.raises(NotAllowed):
            add_risk(plan, {"title": "Fire"}, by=cast[name])
        with pytest.raises(NotAllowed):
            set_risk_state(risk, "closed", "Over.", by=cast[name])


def test_an_edit_names_what_changed_and_a_late_one_is_refused(plan, cast, risk):
    edited = edit_risk(risk, {"owner": "On-Call"}, by=cast["cora"], seen_revision=0)
    assert (edited.owner, edited.revision, edited.severity) == ("On-Call", 1, "HIGH (P1)")
    event = plan.events.get(kind="risk.changed")
    assert event.data["changes"] == {"owner": {"before": "Thon", "after": "On-Call"}}
    with pytest.raises(Refused, match=r"Cora changed R1 first, at .* Nothing was saved") as late:
        edit_risk(risk, {"owner": "Cora"}, by=cast["cora"], seen_revision=0)
    assert late.value.status == 409
    edit_risk(risk, {"owner": "On-Call"}, by=cast["cora"], seen_revision=0)  # says what is so
    assert kinds(plan).count("risk.changed") == 1


def test_a_state_wants_its_reason_and_is_set_once(plan, cast, risk):
    set_risk_state(risk, "watched", by=cast["cora"])
    set_risk_state(risk, "watched", by=cast["cora"])
    with pytest.raises(Invalid, match="Say why"):
        set_risk_state(risk, "closed", by=cast["cora"])
    closed = set_risk_state(risk, "closed", "Targets are up.", by=cast["cora"])
    assert (closed.state_by_name, closed.state_reason) == ("Cora", "Targets are up.")
    with pytest.raises(Invalid, match="Say why"):
        set_risk_state(risk, "open", by=cast["cora"])
    with pytest.raises(Invalid, match="no state"):
        set_risk_state(risk, "gone", by=cast["cora"])
    assert kinds(plan).count("risk.changed") == 2


def test_a_risk_can_be_removed_until_the_release_runs_and_its_number_is_not_given_again(
    plan, cast, risk
):
    other = add_risk(plan, {"title": "Fire"}, by=cast["cora"])
    remove_risk(other, "Twice on the list.", by=cast["cora"])
    remove_risk(other, "Twice on the list.", by=cast["cora"])
    assert kinds(plan).count("risk.removed") == 1
    assert add_risk(plan, {"title": "Water"}, by=cast["cora"]).number == 3
    type(plan).objects.filter(pk=plan.pk).update(lifecycle=Lifecycle.DEPLOYING)
    with pytest.raises(Refused, match="Close R1 instead"):
        remove_risk(risk, "Over.", by=cast["cora"])
    assert Risk.objects.filter(pk=risk.pk).exists()


def test_the_row_that_holds_now_is_named(plan, cast, gate, risk):
    """S78: targets are down and the checks pass: read, never acted on."""
    now = timezone.now()
    Criterion.objects.create(
        gate=gate, key="targets", position=9, label="Scrape targets", evidence_key="up",
        green_op=">=", green_value=1, red_op="<", red_value=1,
    )  # fmt: skip
    Evidence.objects.create(
        plan=plan, key="up", value=0, observed_at=now, valid_for_s=600, updated_at=now
    )
    rows = [
        {"if": "Targets are up", "then": "Go on", "key": "up", "band": "green"},
        {"if": "Targets are down", "then": "Fall back", "key": "up", "band": "red"},
    ]
    edit_risk(risk, {"criteria": rows}, by=cast["cora"])
    seq = TimelineEvent.objects.count()
    up, down = risk_sheet(plan, now).risks[0].criteria
    assert up.holds == "" and down.holds == f"Scrape targets is red since {now:%H:%M}"
    assert TimelineEvent.objects.count() == seq
    aged = risk_sheet(type(plan).objects.get(pk=plan.pk), now + timedelta(hours=1))
    assert [line.holds for line in aged.risks[0].criteria] == ["", ""]


def test_the_overall_level_follows_what_is_open(plan, cast, risk):
    """S41: residual risk."""

    def said():
        fresh = type(plan).objects.get(pk=plan.pk)
        return risk_sheet(fresh, timezone.now()).summary

    assert said() == "Overall: high after mitigation. 1 open."
    add_risk(plan, {"title": "b", "severity": "P2", "probability": "20%",
                    "probability_after": "5%"}, by=cast["cora"])  # fmt: skip
    set_risk_state(risk, "closed", "Up.", by=cast["cora"])
    assert said() == "Overall: low after mitigation. 1 closed, 1 open."


def test_a_decision_freezes_the_open_risks(plan, cast, gate, risk):
    part = frozen(gate_sheet(gate, timezone.now()))["risks"]
    assert part["overall"] == "high" and part["open"][0]["title"] == TARGETS["title"]
    assert part["open"][0]["level"] == "high" and part["scenarios"] == []


# --- the page and its forms ----------------------------------------------------------------------


def formed(**more):
    fields = {"title": "Fire", "criteria-TOTAL_FORMS": "1", "criteria-INITIAL_FORMS": "0"}
    return fields | more


def test_the_page_shows_risks_matrix_and_level(plan, cast, risk, client_of):
    """S80: before and after in the matrix; a severity that cannot be read is not rated."""
    add_risk(plan, {"title": "Odd", "severity": "12", "probability": "low"}, by=cast["cora"])
    answer = client_of(cast["vera"]).get(f"/plans/{plan.slug}/risks/")
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "50 % before, <b>20 % after mitigation</b>" in body
    assert '<span class="tag was">R1<span class="sr"> before</span></span>' in body
    assert "Not rated: R2 (severity)" in body and "12, not rated" in body
    assert "Overall: high after mitigation; R2 is not rated." in body
    assert "csrf" not in body.split('id="risks"')[1].split("</section>")[0]


def test_a_risk_is_added_and_edited_by_its_form(plan, cast, client_of):
    cora = client_of(cast["cora"])
    where = f"/plans/{plan.slug}/risks/"
    sent = formed(
        before="Look\nTry", after="Fall back", **{"criteria-0-case": "It burns",
        "criteria-0-then": "Leave", "criteria-0-word": "rollback"},
    )  # fmt: skip
    assert cora.post(f"{where}add", sent).status_code == 302
    risk = Risk.objects.get(plan=plan)
    assert [row["phase"] for row in risk.mitigations] == ["before", "before", "after"]
    assert risk.criteria == [{"if": "It burns", "then": "Leave", "word": "rollback"}]
    page = cora.get(f"{where}1/edit").content.decode()
    assert "It burns" in page and "Look\nTry" in page
    cora.post(f"{where}1/edit", formed(title="Flood", revision="0"))
    late = cora.post(f"{where}1/edit", formed(title="Storm", revision="0"))
    assert late.status_code == 409
    assert b"Cora changed R1 first" in late.content and b'value="Storm"' in late.content
    assert b"<dd>Flood</dd>" in late.content
    risk.refresh_from_db()
    assert risk.title == "Flood"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"title": ""}, b"This field is required"),
        ({"criteria-0-then": "Leave"}, b"Say when this holds: Leave"),
        ({"criteria-0-case": "It burns", "criteria-0-key": "nowhere"}, b"Select a valid choice"),
        ({"criteria-TOTAL_FORMS": "2000"}, b"Please submit at most 30 forms"),
    ],
)
def test_a_wrong_form_keeps_what_was_typed(plan, cast, client_of, more, says):
    answer = client_of(cast["cora"]).post(
        f"/plans/{plan.slug}/risks/add", formed(cause="Old wires", **more)
    )
    assert answer.status_code == 422
    assert says in answer.content and b"Old wires" in answer.content


def test_state_and_removal_have_forms(plan, cast, risk, client_of):
    cora, where = client_of(cast["cora"]), f"/plans/{plan.slug}/risks/1/"
    assert cora.post(f"{where}state", {"state": "closed"}).status_code == 422
    assert cora.post(f"{where}state", {"state": "closed", "reason": "Up."}).status_code == 302
    late = cora.post(f"{where}state", {"state": "open", "reason": "No.", "revision": "0"})
    assert late.status_code == 409 and b"Cora changed R1 first" in late.content
    assert cora.post(f"{where}remove", {"remove-reason": ""}).status_code == 422
    assert cora.post(f"{where}remove", {"remove-reason": "Twice."}).status_code == 302
    assert not Risk.objects.exists()


def test_what_does_not_add_up_is_a_finding(plan, cast, gate):
    """No owner, likelier after mitigation, not rated, high without criteria, no action."""
    plan.risks.create(
        number=1, title="Water", severity="P1", probability="20%", probability_after="50%"
    )
    plan.risks.create(number=2, title="Odd", severity="12", owner="Thon")
    plan.scenarios.create(number=1, title="Fire")
    found = {one.code for one in risk_findings(plan, timezone.now())}
    assert found == {
        "risk-owner",
        "risk-after",
        "risk-criteria",
        "risk-unrated",
        "scenario-action",
    }
    plan.risks.all().delete()
    plan.scenarios.all().delete()
    assert list(risk_findings(type(plan).objects.get(pk=plan.pk), timezone.now())) == []
