"""The evidence page: what counts, bringing a file in after a look at it, typing a value."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import escape

from checklists.actions.decisions import decide_gate
from checklists.actions.results import record_result, record_value
from checklists.models import Criterion, Evidence, Result
from checklists.rules.results.reading import read_result
from tests.conftest import make_plan, seat
from warroom.live import panels

pytestmark = pytest.mark.django_db
PAGE = "/plans/genesis-4/evidence/"
XML = b'<testsuite name="a" tests="2"><testcase name="b"/><testcase name="c"/></testsuite>'
PAYLOAD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def forge(client_of, cast):
    return client_of(cast["forge"])


@pytest.fixture
def pass_rate(gate):
    """Green from 98 %, red below 95 %, fed by the tests."""
    return Criterion.objects.create(
        gate=gate,
        key="pass-rate",
        position=1,
        label="Test pass rate",
        green_op=">=",
        green_value=98,
        red_op="<",
        red_value=95,
        unit="%",
        evidence_key="tests.pass-rate",
    )


def look(client, data=XML, name="junit.xml", **more):
    """Upload a file to look at it; the answer."""
    return client.post(f"{PAGE}preview", {"file": SimpleUploadedFile(name, data), **more})


def text_of(answer):
    return " ".join(answer.content.decode().split())


def bring(plan, data=XML, **more):
    return record_result(plan, read_result(data, "junit.xml"), data, "junit.xml", by="CI", **more)


def test_a_file_is_shown_before_it_counts_and_kept_for_the_confirmation(forge, plan, pass_rate):
    shown = look(forge, commit="3d97ee2")
    assert shown.status_code == 302
    page = forge.get(shown.url)
    assert "Test pass rate" in text_of(page) and "tests.pass-rate" in text_of(page)
    assert 'value="3d97ee2"' in text_of(page)
    assert not Result.objects.exists() and not Evidence.objects.exists()
    ref = parse_qs(urlsplit(shown.url).query)["ref"][0]
    done = forge.post(PAGE, {"ref": ref, "commit": "3d97ee2"}, follow=True)
    assert "Kept, and it counts." in text_of(done)
    assert Evidence.objects.get(key="tests.pass-rate").value == 100


def test_the_preview_says_what_would_change(forge, plan, pass_rate):
    bring(plan, XML.replace(b"<testcase", b"<testcase classname='x'"))
    worse = XML.replace(b'<testcase name="c"/>', b'<testcase name="c"><failure/></testcase>')
    page = text_of(forge.get(look(forge, worse).url))
    before, after = page.index('sig--ok"'), page.index('sig--bad"')
    assert before < after and "50 %" in page


def test_nobody_else_brings_in_what_somebody_looked_at(forge, client_of, cast, plan):
    shown = look(forge)
    ref = parse_qs(urlsplit(shown.url).query)["ref"][0]
    thon = client_of(cast["thon"])
    assert thon.get(shown.url).status_code == thon.post(PAGE, {"ref": ref}).status_code == 302
    other = make_plan("other")
    seat(other, cast["forge"], "member", "Member", ["tick"])
    forge.post("/plans/other/evidence/", {"ref": ref})
    forge.post(PAGE, {"ref": f"{ref}x"})
    assert not Result.objects.exists()


def test_a_file_that_cannot_be_read_says_where_and_loses_nothing_typed(forge, plan):
    answer = look(forge, XML[:50], commit="3d97ee2")
    assert answer.status_code == 422
    assert "junit.xml, line 1" in text_of(answer) and 'value="3d97ee2"' in text_of(answer)
    assert plan.events.get().kind == "evidence.refused"
    assert "Refused." in text_of(forge.get(PAGE))


def test_a_file_may_be_kept_for_the_report_only(forge, plan):
    shown = look(forge, feeds="-")
    assert "kept for the report" in text_of(forge.get(shown.url))
    ref = parse_qs(urlsplit(shown.url).query)["ref"][0]
    forge.post(PAGE, {"ref": ref, "feeds": "-"})
    assert not Result.objects.get().counts and not Evidence.objects.exists()


def test_the_same_file_again_is_told_and_changes_nothing(forge, plan):
    bring(plan)
    shown = look(forge)
    assert "Bringing it in again changes nothing" in text_of(forge.get(shown.url))
    ref = parse_qs(urlsplit(shown.url).query)["ref"][0]
    done = forge.post(PAGE, {"ref": ref}, follow=True)
    assert "It was here already" in text_of(done) and Result.objects.count() == 1


def test_what_was_fed_last_time_is_fed_again(forge, plan):
    bring(plan, prefix="unit")
    page = forge.get(look(forge, XML.replace(b'"a"', b'"z"')).url)
    assert "unit.pass-rate" in text_of(page)


@pytest.mark.parametrize("typed", ["nan", "1e999", "1_0", "twelve", "１２", "", "0x10", "1,5"])
def test_a_typed_value_that_is_no_number_is_refused_and_kept_in_the_form(forge, plan, typed):
    said = {"key": "load.p95", "value": typed, "source": "Grafana, panel 3"}
    answer = forge.post(f"{PAGE}values", said)
    assert answer.status_code == 422 and "Grafana, panel 3" in text_of(answer)
    assert not Result.objects.exists()


def test_a_typed_value_counts_from_when_it_was_read(forge, plan):
    at = (timezone.now() - timedelta(minutes=10)).replace(second=0, microsecond=0)
    said = {"key": "load.p95", "value": "−1.5", "unit": "%", "observed_at": f"{at:%H:%M}"}
    assert forge.post(f"{PAGE}values", said | {"valid_for": "2h"}).status_code == 302
    row = Result.objects.get()
    assert (row.observed_at, row.valid_for_s, row.figures[0]["value"]) == (at, 7200, -1.5)


def test_the_table_says_what_is_fed_and_what_is_too_old(forge, plan, pass_rate):
    """S40: strengths and weaknesses stand with their sources, and say themselves when they age."""
    bring(plan)
    old = timezone.now() - timedelta(days=2)
    record_value(plan, "backup", 1, by="CI", observed_at=old, label="Backup")
    page = text_of(forge.get(PAGE))
    assert "2, <b>1</b> too old to count" in page
    assert "Test pass rate 100 %, gate 1" in page and "counts for 1 h" in page


def test_a_result_of_its_own_page_shows_figures_notes_and_checksum(forge, plan, pass_rate):
    skipped = XML.replace(b'<testcase name="c"/>', b'<testcase name="c"><skipped/></testcase>')
    result = bring(plan, skipped, url="https://ci.example/7")
    page = text_of(forge.get(f"{PAGE}1/"))
    assert result.sha256 in page and "What misleads in this file" in page
    assert "https://ci.example/7" in page and "Test pass rate" in page
    file = forge.get(f"{PAGE}1/files/junit.xml")
    assert file.content == skipped
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Content-Type"] == "application/octet-stream"
    assert forge.get(f"{PAGE}1/files/other.xml").status_code == 404


def test_what_a_file_holds_is_shown_and_never_run(forge, plan):
    """Scenario 56: names, messages and sources out of files are text on every page."""
    evil = XML.replace(b'name="a"', f'name="{escape(PAYLOAD)}"'.encode())
    evil = evil.replace(
        b'<testcase name="c"/>', b'<testcase name="c"><skipped message="&lt;b"/></testcase>'
    )
    bring(plan, evil, source=PAYLOAD, label=PAYLOAD)
    record_value(plan, "a", 1, by=PAYLOAD, text=PAYLOAD, label=PAYLOAD)
    preview = forge.get(look(forge, evil, f"{PAYLOAD}.xml").url)
    for page in (forge.get(PAGE), forge.get(f"{PAGE}1/"), forge.get(f"{PAGE}2/"), preview):
        assert page.status_code == 200 and PAYLOAD not in page.content.decode()


def test_a_criterion_links_to_the_result_that_fed_it(client_of, cast, plan, pass_rate):
    bring(plan)
    page = client_of(cast["cora"]).get("/plans/genesis-4/gates/gate-1/")
    assert f'href="{PAGE}1/"' in page.content.decode()


def test_a_result_makes_the_gate_and_the_evidence_page_stale(plan, gate):
    bring(plan)
    event = plan.events.get()
    names = {panel.name for panel in panels.shown_at(panels.ALL) if panel.is_stale(event)}
    assert {"criteria", "gate", "gate-verdict", "decisive", "results", "imports"} <= names


def test_a_decision_keeps_the_value_that_a_result_gave(client_of, plan, cast, all_go, pass_rate):
    bring(plan)
    decision = decide_gate(all_go, "go", by=cast["cora"])
    kept = {row["key"]: row for row in decision.evidence["criteria"]}
    assert kept["pass-rate"]["value"] == 100
    assert decision.evidence["results"][0]["sha256"] == Result.objects.get(number=1).sha256
    page = client_of(cast["cora"]).get(f"{PAGE}1/")
    assert "was decided GO" in text_of(page)
    bring(plan, XML.replace(b'<testcase name="c"/>', b"<testcase name='c'><error/></testcase>"))
    decision.refresh_from_db()
    assert {row["key"]: row for row in decision.evidence["criteria"]} == kept


def test_where_only_a_version_is_named_a_commit_is_said_not_to_be_compared(forge, plan):
    """Scenario 9: what was compared with nothing counts, and nobody is told otherwise."""
    plan.version, plan.facts = "4.0", {}
    plan.save()
    assert "names no commit" in text_of(forge.get(PAGE))
    shown = look(forge, commit="deadbee")
    ref = parse_qs(urlsplit(shown.url).query)["ref"][0]
    said = "This release names version 4.0 and no commit, so deadbee is not compared with it."
    assert said in text_of(forge.get(shown.url))
    kept = forge.post(PAGE, {"ref": ref, "commit": "deadbee"}, follow=True)
    assert f"Kept, and it counts. {said}" in text_of(kept)


def test_a_result_keeps_naming_the_gate_that_was_decided_on_it(
    client_of, plan, cast, all_go, pass_rate
):
    """Law 9: the verdict of then stays with the result, and a later result has none of it."""
    bring(plan)
    decide_gate(all_go, "go", by=cast["cora"])
    client = client_of(cast["cora"])
    shown = text_of(client.get(PAGE))
    assert "gate 1, decided" in shown and "Not judged" not in shown
    bring(plan, XML.replace(b'<testcase name="c"/>', b"<testcase name='c'><error/></testcase>"))
    shown = text_of(client.get(PAGE))
    assert "gate 1, decided" not in shown and "Not judged" in shown


def test_the_page_costs_the_same_however_many_results_there_are(
    forge, plan, pass_rate, django_assert_max_num_queries
):
    for number in range(30):
        bring(plan, prefix=f"tests{number}")
    with django_assert_max_num_queries(32):
        forge.get(PAGE)
