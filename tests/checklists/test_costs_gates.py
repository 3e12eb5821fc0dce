"""What the pages around a go/no-go cost in SQL statements: with one of each row and with many."""

import pytest

from tests.checklists.large import Amounts, fill
from tests.checklists.test_costs import statements

pytestmark = pytest.mark.django_db

ONE = Amounts(1, 1, 1, 1, 1, 1, 1, 1, 1)
MANY = Amounts(
    items=50,
    criteria=40,
    votes=10,
    results=200,
    findings=1000,
    risks=100,
    profiles=50,
    followups=50,
    categories=20,
)
# path: statements at most. Each page has the rollout on its tabs, and the pack has backups.
PAGES = {
    "": 51,
    "gates/gate-1/": 36,
    "gates/gate-1/meeting/": 44,
    "gates/gate-1/pack/": 52,
    "gates/gate-1/pack.md": 43,
    "gates/gate-1/absent": 40,
    "evidence/": 29,
    "findings/": 26,
    "risks/": 17,
    "trials/": 20,
    "dryruns/": 21,
    "readiness/": 21,
    "followups/": 16,
    "settings/": 73,
}


@pytest.fixture
def counted(plan, phase, item, gate, cast, roles, client_of):
    """Statements of a page with one of everything, and with as many as MANY."""
    cora, lead = cast["cora"], roles["deployment-lead"]
    browser = client_of(cora)

    def count(path):
        answer = browser.get(f"/plans/{plan.slug}/{path}")
        assert answer.status_code == 200, (path, answer.status_code)
        return statements(lambda: browser.get(f"/plans/{plan.slug}/{path}"))

    fill(plan, phase, gate, cora, lead, ONE, first=500)
    few = {path: count(path) for path in PAGES}
    fill(plan, phase, gate, cora, lead, MANY)
    return few, {path: count(path) for path in PAGES}


def test_no_page_costs_more_statements_with_many_rows_than_with_one(counted):
    few, many = counted
    grown = {path: (few[path], many[path]) for path in PAGES if many[path] > few[path]}
    assert not grown
    assert {path: cost for path, cost in few.items() if cost > PAGES[path]} == {}
