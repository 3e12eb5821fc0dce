"""The pages of findings and dry runs, with and without script. S75 S76 S95 S103 S104 S108."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.dryruns import add_dry_run, record_dry_run
from checklists.actions.findings import Said, add_finding, set_finding_state
from checklists.documents.finding_trail import safe_cell, trail
from checklists.models import DryRun, Finding
from tests.conftest import make_item
from warroom.live import panels

pytestmark = pytest.mark.django_db
WHY = "Internal network only, Redis store in week 2."
PAGE = "/plans/genesis-4/findings/"
RUNS = "/plans/genesis-4/dryruns/"


@pytest.fixture
def add(plan, cast):
    def write(title="Debug endpoint", severity="low", **fields):
        return add_finding(plan, {"title": title, "severity": severity} | fields, by=cast["thon"])

    return write


@pytest.fixture
def hudson(cast, client_of):
    return client_of(cast["hudson"])


def old_password(client):
    session = client.session
    session["password_at"] = 0  # long ago
    session.save()


def state(**said):
    return {"revision": "0", "state": "open"} | said


def test_the_register_is_on_its_page_and_on_the_evidence_page(add, hudson):
    add()
    for page in (PAGE, "/plans/genesis-4/evidence/"):
        shown = hudson.get(page).content.decode()
        assert "F-1 Debug endpoint" in shown and "by hand, Thon" in shown
        assert "1: 1 open" in shown
        one = hudson.get(f"{page}?finding=1").content.decode()
        assert 'id="finding-1"' in one and "Set the state of F-1" in one
    assert hudson.get(f"{PAGE}?finding=9").status_code == 404


def test_filters_work_by_their_address(add, cast, hudson):
    add()
    fixed = add("Old library", "medium")
    set_finding_state(fixed, "fixed", by=cast["thon"])
    assert "Old library" not in hudson.get(f"{PAGE}?state=open").content.decode()
    found = hudson.get(f"{PAGE}?state=fixed&q=LIBRARY").content.decode()
    assert "F-2 Old library" in found and "This selection is as of" in found
    for nonsense in ("state=gone", "page=x", "page=-1", "source=%00", "page=99999"):
        assert hudson.get(f"{PAGE}?{nonsense}").status_code == 200


def test_a_finding_is_written_down_and_what_is_wrong_keeps_what_was_typed(plan, hudson):
    sent = {"new-title": "Door", "new-severity": "low", "new-due": "soon"}
    wrong = hudson.post(PAGE, sent)
    assert wrong.status_code == 422 and b'value="Door"' in wrong.content
    assert hudson.post(PAGE, sent | {"new-due": "2026-12-01 10:00"}).status_code == 302
    assert Finding.objects.get().due_at.isoformat() == "2026-12-01T10:00:00+00:00"


def test_accepting_asks_for_the_password_and_wants_an_end(add, hudson):
    add()
    old_password(hudson)
    where = f"{PAGE}1/state"
    short = hudson.post(where, state(state="accepted", reason=WHY))
    assert short.status_code == 422 and "Say until when" in short.content.decode()
    until = f"{timezone.now() + timedelta(days=2):%Y-%m-%d %H:%M}"
    sent = state(state="accepted", reason=WHY, until=until)
    asked = hudson.post(where, sent)
    assert asked.status_code == 403 and "let F-1 go" in asked.content.decode()
    assert hudson.post(where, sent | {"password": "pw"}).status_code == 302
    assert Finding.objects.get().state == "accepted"


def test_a_late_form_keeps_what_was_typed_and_says_what_is_true(add, cast, hudson):
    found = add()
    set_finding_state(found, "fixed", by=cast["thon"])
    late = hudson.post(f"{PAGE}1/state", state(state="fixed", fix="By me", revision="0"))
    assert late.status_code == 409
    shown = late.content.decode()
    assert "changed while you wrote: it is fixed now, Thon" in shown and "By me" in shown
    assert 'name="revision" value="1"' in shown


def test_a_grave_one_is_refused_in_words(add, cast, client_of):
    add(severity="high")
    cora = client_of(cast["cora"])
    sent = state(state="fixed", fix="Done")  # without its retest
    answer = cora.post(f"{PAGE}1/state", sent)
    assert answer.status_code == 403
    assert "by Security Lead only" in answer.content.decode()


def test_a_fix_with_values_is_retested(add, cast, client_of, hudson):
    """S104."""
    add(severity="high")
    sent = state(state="fixed", before="7.5", after="0", fix="Off", retest="on")
    assert hudson.post(f"{PAGE}1/state", sent).status_code == 302
    page = hudson.get(f"{PAGE}?finding=1").content.decode()
    assert "7.5 → 0" in page and "Confirm the retest" in page
    note = {"retest-note": "404 now", "retest-revision": "1"}
    assert hudson.post(f"{PAGE}1/retest", note).status_code == 403  # their own fix
    assert client_of(cast["thon"]).post(f"{PAGE}1/retest", note).status_code == 302
    assert "404 now, Thon" in hudson.get(f"{PAGE}?finding=1").content.decode()


def test_what_is_accepted_stands_at_the_gate(add, cast, gate, hudson):
    """S103: visible at every gate."""
    said = Said(WHY, until=timezone.now() + timedelta(days=3))
    set_finding_state(add(), "accepted", by=cast["hudson"], said=said)
    page = hudson.get("/plans/genesis-4/gates/gate-1/").content.decode()
    assert "1 accepted finding: F-1 until " in page and ", Hudson" in page


@pytest.mark.parametrize(("path", "most"), [(PAGE, 26), (f"{PAGE}?finding=1", 34), (RUNS, 22)])
def test_a_page_costs_the_same_with_one_and_with_many(add, plan, cast, client_of, path, most):
    cora = client_of(cast["cora"])
    run = add_dry_run(plan, {"title": "Health"}, by=cast["cora"])
    add()
    cora.get(path)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            cora.get(path)
        return len(captured)

    few = cost()
    for n in range(20):
        add(f"More {n}")
        record_dry_run(run, "pass", by=cast["cora"])
        add_dry_run(plan, {"title": f"Test {n}"}, by=cast["cora"])
    many = cost()
    assert many <= few + 3  # what is kept is rendered anew
    assert many <= most


def test_fragments_hold_no_field_and_no_token(add, plan, cast):
    """Law 14: the same bytes for everybody."""
    run = add_dry_run(plan, {"title": "Health"}, by=cast["cora"])
    record_dry_run(run, "warn", by=cast["cora"], output="<script>alert(1)</script>")
    add("<b>bold</b>")
    plan.refresh_from_db()
    now = timezone.now()
    made = [("findings-list", "all"), ("findings-list", "open"), ("finding", "1")]
    for name, key in (*made, ("findings-sum", ""), ("dryruns", "")):
        html = panels.render(panels.get(name), plan, now, key)
        assert "csrf" not in html and "<input" not in html and "<b>bold" not in html
        assert f'data-live="{name}{f"-{key}" if key else ""}"' in html
        assert f'data-seq="{plan.timeline_seq}"' in html


# --- dry runs --------------------------------------------------------------------------------


def test_a_dry_run_is_added_recorded_and_accepted(cast, client_of, hudson):
    """S75 S76."""
    assert hudson.post(RUNS, {"new-title": "Targets", "new-command": "make t"}).status_code == 302
    sent = {"word": "warn", "output": "down\n  down", "analysis": "- not up yet"}
    assert hudson.post(f"{RUNS}1/results", sent).status_code == 302
    page = hudson.get(f"{RUNS}?run=1").content.decode()
    assert "1 warning of 1" in page and "down\n  down</pre>" in page
    result = DryRun.objects.get().results.get().pk
    judged = {"judge-accepted": "yes", "judge-reason": "Up once it runs.", "judge-result": result}
    thon = client_of(cast["thon"])
    old_password(thon)
    asked = thon.post(f"{RUNS}1/judge", judged)
    assert asked.status_code == 403 and "accept dry run 1" in asked.content.decode()
    assert thon.post(f"{RUNS}1/judge", judged | {"password": "pw"}).status_code == 302
    assert "1 warning accepted of 1" in hudson.get(RUNS).content.decode()


def test_what_is_wrong_with_a_result_keeps_what_was_typed(plan, cast, hudson):
    add_dry_run(plan, {"title": "Health"}, by=cast["thon"])
    wrong = hudson.post(f"{RUNS}1/results", {"word": "pass", "output": "x" * 70_000})
    assert wrong.status_code == 422 and "64 KB are kept" in wrong.content.decode()
    wrong = hudson.post(f"{RUNS}1/results", {"word": "", "analysis": "mine"})
    assert wrong.status_code == 422 and "mine" in wrong.content.decode()


def test_a_dry_run_is_made_of_an_item_with_a_command(phase, hudson):
    make_item(phase, 7, "Targets are up", command="make targets", expected="5/5")
    page = hudson.get(f"{RUNS}?item=7").content.decode()
    assert 'value="Targets are up"' in page and "make targets</textarea>" in page
    assert f"{RUNS}?item=7" in hudson.get("/plans/genesis-4/items/7/").content.decode()


# --- the trail -------------------------------------------------------------------------------


def test_the_trail_says_what_happened_to_each_with_its_hash(add, plan, cast, hudson):
    """S108: the audit trail for export."""
    found = add("=HYPERLINK(1)", owner="Thon")
    set_finding_state(found, "fixed", by=cast["hudson"], said=Said("Done.", before="1", after="0"))
    answer = hudson.get(f"{PAGE}trail.csv")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["Finding"] for row in rows] == ["F-1", "F-1"]
    assert rows[0]["Title"] == "'=HYPERLINK(1)"
    assert rows[1]["Before"].startswith("state: open") and "after: 0" in rows[1]["After"]
    assert rows[1]["Hash"] == plan.events.get(kind="finding.changed").hash
    told = hudson.get(f"{PAGE}trail.md").content.decode()
    assert told.startswith("# Audit trail of findings: Genesis Phase 4") and "| F-1 | low |" in told
    assert hudson.get(f"{PAGE}trail.pdf").status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tb", "  =1"])
def test_no_cell_is_a_formula(text):
    assert safe_cell(text) == f"'{text}"
    assert safe_cell("a=1") == "a=1"


def test_markup_in_a_title_stays_text(add, plan):
    add("[a](https://evil.example) | b `c`")
    plan.refresh_from_db()
    row = trail(plan, "md", timezone.now()).splitlines()[-1]
    assert r"\[a\](https://evil.example) \| b \`c\`" in row


@pytest.mark.parametrize("page", [PAGE, "/plans/genesis-4/evidence/"])
def test_a_finding_saved_after_a_mistake_leads_back_to_where_its_form_was(add, hudson, page):
    one = add()
    first = hudson.get(f"{page}?finding={one.number}").content.decode()
    back = first.split('name="back" value="')[-1].split('"')[0]
    assert back == f"{page}?finding={one.number}#finding"
    address = f"{PAGE}{one.number}/state"
    wrong = hudson.post(address, state(state="accepted", until="junk", back=back))
    again = wrong.content.decode().split('name="back" value="')[-1].split('"')[0]
    assert wrong.status_code == 422 and again == back
    right = hudson.post(address, state(state="fixed", back=again))
    assert right.status_code == 302 and right["Location"] == back
    assert hudson.get(right["Location"]).status_code == 200


def test_an_empty_selection_says_what_there_is_none_of(add, hudson, plan, cast):
    one = add()
    set_finding_state(one, "fixed", by=cast["hudson"], said=Said())
    assert "None is open" in hudson.get(f"{PAGE}?state=open").content.decode()
    assert "No such finding" in hudson.get(f"{PAGE}?q=nowhere").content.decode()
