"""Dry runs in the team's document, findings and dry runs in plan files. S75 S76 S95."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from checklists.actions.dryruns import add_dry_run, judge_dry_run, record_dry_run
from checklists.actions.findings import add_finding
from checklists.models import DryRun, Finding
from checklists.queries.dryruns import dry_runs
from warroom.actions.imports import create_plan, import_plan
from warroom.documents.complaints import PlanFileError
from warroom.documents.portable import as_yaml, plan_data, read
from warroom.documents.reading import understand

pytestmark = pytest.mark.django_db
SHARED = Path(settings.BASE_DIR).parent / "shared" / "seeds"
TEXT = """# Release

## Work

- [ ] Brief the team

## Dry-run results

### Run of October 20, 2025

#### Test 1: Health script

**Command:**
```bash
./health --all
```

**Result:** ✅ **PASS**

**Output:**
```
- [ ] no item
5 of 5
```

**Analysis:**
- All five pass
- Nothing is slow

#### Test 2: Targets

**Command:** `make targets`

**Result:** ⚠️ **WARNING** (Non-Blocking)

#### Test 3: Later

**Result:** pending

### Dry-run summary

| Test | Command | Result | Notes |
|------|---------|--------|-------|
| 1. Health | `health` | ✅ PASS | 5/5 |
| 2. Targets | `make` | ✅ PASS | fine |

**Overall:** (2/2 pass, 1/3 warning)

## Else

#### Test 9: No dry run

**Result:** PASS
"""


def test_dry_runs_of_a_document_are_read_with_their_results():
    """S75: what stands in them is no work."""
    found = understand(TEXT.encode()).understanding
    one, two, three = found.parts["dry_runs"]
    assert (one.number, one.title, one.word) == (1, "Health script", "pass")
    assert (one.command, one.output) == ("./health --all", "- [ ] no item\n5 of 5")
    assert one.analysis == "- All five pass\n- Nothing is slow"
    assert one.at == datetime(2025, 10, 20, tzinfo=UTC)
    assert (two.word, two.command, three.word) == ("warn", "make targets", "")
    assert found.counts["items"] == 1
    assert found.claims[one.line].label == "Dry run 1, PASS"


def test_totals_are_computed_and_a_claim_that_differs_is_said():
    """S76."""
    found = understand(TEXT.encode()).understanding
    said = [one.text for one in found.findings if one.code.startswith("dry_run")]
    assert said == [
        "The summary leaves out dry run 3.",
        "The summary says PASS of dry run 2, the test itself WARN.",
        "The document claims 2 of 2 PASS; its tests make 1 of 3.",
        "Dry run 3 says no result that is PASS, WARN or FAIL.",
    ]


def test_an_import_makes_dry_runs_and_accepts_none_of_them():
    plan = import_plan(TEXT.encode(), by="test", slug="a")
    found = dry_runs(plan, timezone.now())
    assert found.totals == "1 pass, 1 warning, 1 not run of 3"
    assert found.rows[0].newest.by_name == "the document"
    assert found.rows[0].run.source_line == 11


def test_the_source_document_comes_to_its_own_totals():
    """S75 S76: seven tests, six pass, one warning."""
    paths = [*SHARED.glob("001_*.txt")]
    if not paths:
        pytest.skip("source document 001 does not lie beside the checkout")
    found = understand(paths[0].read_bytes()).understanding
    assert [one.word for one in found.parts["dry_runs"]] == ["pass"] * 4 + ["warn"] + ["pass"] * 2
    assert all(one.command and one.output and one.analysis for one in found.parts["dry_runs"])
    assert not [one for one in found.findings if one.code.startswith("dry_run")]


# --- plan files ------------------------------------------------------------------------------


def test_findings_by_hand_and_dry_runs_come_back_from_a_plan_file(plan, cast):
    add_finding(
        plan,
        {"title": "Door", "severity": "high", "owner": "Thon", "due": timezone.now()},
        by=cast["thon"],
    )
    Finding.objects.create(
        plan=plan,
        number=2,
        title="Scanned",
        severity="low",
        tool="bandit",
        state_at=timezone.now(),
        seen_at=timezone.now(),
    )
    run = add_dry_run(plan, {"title": "Targets", "command": "make t"}, by=cast["thon"])
    record_dry_run(run, "warn", by=cast["thon"], output="down\n", analysis="Later")
    judge_dry_run(run, True, "Up once it runs.", by=cast["hudson"])
    plan.refresh_from_db()
    data = plan_data(plan, states=True)
    assert [one["title"] for one in data["findings"]] == ["Door"]
    assert [one["title"] for one in data["record"]["findings"]] == ["Door", "Scanned"]
    assert data["record"]["dry_runs"][0]["accepted_by"] == "Hudson as Security Lead"
    again = create_plan(read(as_yaml(data), "yaml"), by="test", slug="again")
    written = plan_data(again, states=True)
    assert written["findings"] == data["findings"]
    assert written["dry_runs"] == data["dry_runs"]
    assert dry_runs(again, timezone.now()).totals == "1 warning of 1"  # accepted by nobody here
    assert Finding.objects.get(plan=again).retest


def test_a_draft_takes_what_is_tried_and_neither_results_nor_findings(plan, cast):
    add_finding(plan, {"title": "Door", "severity": "high"}, by=cast["thon"])
    run = add_dry_run(plan, {"title": "Targets"}, by=cast["thon"])
    record_dry_run(run, "pass", by=cast["thon"])
    data = plan_data(plan, states=False)
    assert data["dry_runs"] == [{"title": "Targets"}]
    assert "findings" not in data


def test_an_output_without_a_result_is_refused_with_its_place():
    text = "warroom: 1\nplan: {name: A}\ndry_runs: [{title: B, output: c}]\n"
    with pytest.raises(PlanFileError, match="It has an output and no result"):
        read(text, "yaml")


def test_files_without_the_new_keys_stay_valid():
    plan = create_plan(read("warroom: 1\nplan: {name: A}\n", "yaml"), by="test", slug="a")
    assert not DryRun.objects.filter(plan=plan).exists()
