"""Notifications as they were seen in the wild, where they are at hand."""

import json
from pathlib import Path

import pytest

from rollouts.rules.alert_payloads import read

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "machine"
NAMES = (
    "alertmanager-bare", "alertmanager-firing", "alertmanager-group-of-4", "alertmanager-mixed",
    "alertmanager-resolved", "alertmanager-resolved-truncated", "alertmanager-truncated",
    "alertmanager-zulip-firing", "grafana-mixed",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_real_notification_is_read_as_it_is_meant(name):
    file = CORPUS / f"{name}.json"
    if not file.exists():
        pytest.skip("the collection of machine inputs is not beside the checkout")
    wanted = json.loads((CORPUS / "expected.json").read_text())["files"][file.name]["expect"]
    said = read(file.read_bytes())
    assert sum(one.firing for one in said.alerts) == wanted["firing"]
    assert sum(not one.firing for one in said.alerts) == wanted["resolved"]
    assert said.cut == (wanted["truncated"] or 0)
    assert sorted({one.name for one in said.alerts}) == sorted(wanted["names"])
    assert sorted({one.severity or "(none)" for one in said.alerts}) == wanted["severities"]
    assert sum(one.ended_at is None for one in said.alerts) == wanted["open_ended"]
