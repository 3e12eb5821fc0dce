"""The pages of metrics cost the same number of statements however many there are."""

import pytest
from django.utils import timezone

from checklists.rules.bands import Bound
from rollouts.actions.metrics import edit_metric
from rollouts.models import Baseline, MetricSample
from tests.rollouts.cast import make_query

pytestmark = pytest.mark.django_db


def fill(plan, cora, *names):
    for name in names:
        row = make_query(plan, name, name=f"Metric {name}", promql=f"sum({name}_total)")
        MetricSample.objects.create(query=row, at=timezone.now(), value=1, band="green")
        edit_metric(row, {"green": Bound("<", 250)}, by=cora, reason="Agreed.")
        Baseline.objects.create(plan=plan, query=row, name=row.name, value=1)


def statements(client, url, django_assert_max_num_queries):
    client.get(url)
    with django_assert_max_num_queries(200) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    "page", ["metric/a/edit/", "metric/new/", "tuning/", "baseline/", "import/", "metrics.yaml"]
)
def test_a_page_costs_the_same_at_one_and_at_many(
    plan, cast, client_of, page, django_assert_max_num_queries
):
    client, url = client_of(cast["cora"]), f"/plans/{plan.slug}/checks/{page}"
    fill(plan, cast["cora"], "a")
    one = statements(client, url, django_assert_max_num_queries)
    fill(plan, cast["cora"], *"bcdefg")
    assert statements(client, url, django_assert_max_num_queries) == one
