"""Queries with their bands and the stages of a rollout, out of a document. S45 S65 S66."""

import pytest

from warroom.documents.parse import parse
from warroom.documents.readers import read_all

PANELS = """\
# P

#### Panel 1: Error Rate (Target: < 0.1%)

**PromQL Query:**
```promql
(rate(errors_total[5m]) / rate(requests_total[5m])) * 100
```

**Panel Settings:**
- **Type:** Graph
- **Unit:** Percent (0-100)
- **Thresholds:**
  - Red: > 1.0%
  - Yellow: 0.1% - 1.0%
  - Green: < 0.1%

**Interpretation:**
- **Red (> 1.0%):** CRITICAL

**Alert Rule:** HighErrorRate (fires if > 1.0% for 10 minutes)

#### Panel 2: System Uptime

```promql
up{job="shop"}
```

- **Value Mappings:**
  - 0 = "DOWN" (Red)
  - 1 = "UP" (Green)

#### Panel 3: Flag

```promql
flag_enabled{
```
"""


def understood(text):
    return read_all(parse(text))


def test_a_panel_gives_its_query_name_unit_bands_and_alert():
    error, uptime, flag = understood(PANELS).parts["queries"]
    assert (error.key, error.unit, error.sustained_s) == ("error-rate", "%", 600)
    assert (error.green.op, error.green.value) == ("<", 0.1)
    assert (error.red.op, error.red.value) == (">", 1.0)
    assert (error.alert_name, error.meaning) == ("HighErrorRate", "Red: CRITICAL")
    assert (uptime.green.op, uptime.green.value, uptime.red.value) == (">=", 1, 0)
    assert flag.green is None


def test_a_query_without_bands_or_with_broken_promql_is_said():
    codes = {f.code: f.line for f in understood(PANELS).findings}
    assert {"promql", "query_without_bands"} <= set(codes)


def test_lines_that_are_queries_for_themselves_are_several():
    plan = understood("# P\n## Queries\n```promql\nsum(a)\nsum(b)\n```\n")
    assert [query.promql for query in plan.parts["queries"]] == ["sum(a)", "sum(b)"]
    assert len({query.key for query in plan.parts["queries"]}) == 2


def test_only_so_many_queries_become_metrics_and_the_rest_is_said():
    plan = understood("# P\n" + "```promql\nup\n```\n" * 200)
    assert plan.counts["queries"] == 100
    assert "too_many" in {finding.code for finding in plan.warnings}


def test_other_code_is_no_query():
    assert understood("# P\n```bash\ncurl localhost\n```\n").parts["queries"] == ()


STAGES = """\
# P

**Go-Live:** 2025-10-23 09:00 UTC

Rollout: 0% → 5% → 10%

- **Stage 1:** 0% → 5% (09:00 - 21:00 UTC, 12-hour soak)
- **Stage 2:** 5% → 10% (21:00 Oct 23 - 09:00 Oct 24, 12-hour soak)
- Day 2 (Oct 24): 10% -> 100% (24h soak)
- Error rate of the rollout went 36% → 1%
"""


def test_arrows_become_stages_once_with_soak_and_start():
    stages = understood(STAGES).parts["stages"]
    assert [(s.start, s.end, s.soak_s, s.offset_s) for s in stages] == [
        (0, 5, 43200, 0),
        (5, 10, 43200, 43200),
        (10, 100, 86400, 86400),
    ]


@pytest.mark.parametrize(
    "text", ["coverage 69% → 80%", "```\n0% → 5% rollout\n```", "60% → 5% rollout"]
)
def test_other_arrows_are_no_stages(text):
    assert understood(f"# P\n\n{text}\n").parts["stages"] == ()


def test_headings_with_a_share_of_traffic_are_stages():
    plan = understood("# P\n### Stage 1: Staff (5% traffic)\n### Stage 2: All (100% traffic)\n")
    assert [(s.start, s.end) for s in plan.parts["stages"]] == [(0, 5), (5, 100)]
    assert "stage_without_soak" in {finding.code for finding in plan.findings}
