"""What pages and panels cost: the number of SQL statements does not grow with the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.items import add_item_note, set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import Criterion, Phase, PhaseGroup
from tests.conftest import make_item
from warroom.live import panels

pytestmark = pytest.mark.django_db


def statements(read):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read()
    return len(captured)


def grow(plan, phase, cast, roles, gate, rows, phases):
    """So many rows of everything, from row 20 and phase 2 on; some are signed, done and noted."""
    group, _ = PhaseGroup.objects.get_or_create(phase=phase, title="A", position=1)
    for n in rows:
        fields = {"role": roles["on-call"], "group": group if n % 2 else None}
        item = make_item(phase, n, f"Item {n}", **fields)
        if n % 10 == 0:
            add_item_note(item, "Seen", by=cast["forge"])
            set_item_state(item, "done", by=cast["cora"])
        Criterion.objects.create(gate=gate, key=f"c{n}", position=n, label=f"C{n}")
    for n in phases:
        later = Phase.objects.create(plan=plan, number=n, title=f"Phase {n}")
        make_item(later, 100 + n, "Later")
        key, name = ("on-call", "thon") if n % 2 else ("security-lead", "hudson")
        sign_off(plan, later, roles[key], "approved", by=cast[name])


@pytest.mark.parametrize(
    ("path", "most"),
    [("", 20), ("checklist/?phase=1", 20), ("gates/gate-1/", 20), ("items/1/", 25)],
)
def test_a_page_costs_the_same_with_one_of_each_and_with_many(
    plan, phase, item, gate, cast, roles, client_of, path, most
):
    """Nothing was kept of it before: this is the first look after an event."""
    cora = client_of(cast["cora"])
    page = f"/plans/{plan.slug}/{path}"
    grow(plan, phase, cast, roles, gate, range(20, 22), range(2, 3))
    cora.get(page)
    few = statements(lambda: cora.get(page))
    grow(plan, phase, cast, roles, gate, range(22, 60), range(3, 9))
    many = statements(lambda: cora.get(page))
    assert (few, many) == (many, few)
    assert many <= most


def test_a_ticks_fragments_cost_the_same_with_one_item_and_with_many(
    plan, phase, item, gate, cast, roles
):
    def tick_and_render(state):
        set_item_state(item, state, by=cast["cora"])
        fresh = type(plan).objects.get(pk=plan.pk)
        events = list(fresh.events.order_by("-seq")[:1])
        now = timezone.now()

        def render():
            for panel, key in panels.stale("room", fresh, events):
                panels.render(panel, fresh, now, key)
            for panel, key in panels.stale("checklist", fresh, events):
                panels.render(panel, fresh, now, key)

        return statements(render)

    few = tick_and_render("done")
    grow(plan, phase, cast, roles, gate, range(20, 60), range(2, 9))
    assert tick_and_render("open") <= few + 3
