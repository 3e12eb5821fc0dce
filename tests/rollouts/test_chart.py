"""The chart: what happened as marks, links that nothing leaves, older values (scenario 67)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from checklists.rules.bands import Bound
from rollouts.actions.metrics import edit_metric
from rollouts.models import MetricSample
from rollouts.probes.prometheus import Series
from rollouts.queries import focus
from rollouts.queries.chart_marks import event_marks, graph_url
from tests.rollouts.cast import make_query
from warroom.actions.change import change

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def marks(row):
    now = timezone.now()
    return event_marks(row, (now - HOUR).timestamp(), now.timestamp())


def test_stages_decisions_and_edits_are_marked(plan, cast):
    row, other = make_query(plan), make_query(plan, "other", name="Other")
    for kind, data in (
        ("stage.started", {"stage": 2}), ("gate.decided", {"word": "go"}), ("note.added", {}),
    ):  # fmt: skip
        with change(plan, by="rule") as said:
            said.record(kind, "Something.", **data)
    edit_metric(row, {"green": Bound("<", 250)}, by=cast["cora"], reason="Agreed.")
    edit_metric(other, {"green": Bound("<", 250)}, by=cast["cora"], reason="Agreed.")
    assert [one.text[6:] for one in marks(row)] == ["Stage 2", "GO", "Version 2"]


def test_no_character_of_a_query_leaves_its_place_in_a_link(plan, settings):
    settings.PROMETHEUS_URL = ""
    row = make_query(plan, promql='up{job="a&g0.tab=1#"} > "<script>"')
    assert graph_url(row, 3600) == ""
    row.source.page_url = "https://prom.example/"
    said = parse_qs(urlsplit(graph_url(row, 43_200)).query)
    assert said["g0.expr"] == [row.promql] and said["g0.tab"] == ["0"]
    assert said["g0.range_input"] == ["12h"]
    row.source.page_url = "javascript:alert(1)"
    assert graph_url(row, 3600) == ""


def test_what_lies_before_our_readings_is_asked_of_prometheus(plan, monkeypatch):
    row, now = make_query(plan), timezone.now()
    MetricSample.objects.create(query=row, at=now - HOUR, value=120, band="green")
    asked = []

    def answer(target, start, end, step):
        asked.append((round(end - start), target.deadline_s))
        return Series(points=((start, 90.0), (end, 110.0)))

    monkeypatch.setattr(focus, "ask_range", answer)
    before = focus.older(row, now, 12 * HOUR)
    assert asked == [(11 * 3600, 2)] and "Prometheus’ own" in before.text
    drawn = focus.focus(row, now, 12 * HOUR, before)
    assert (drawn.median, drawn.borrowed) == ("110 ms", before.text)
    assert focus.older(row, now, HOUR) == focus.Older()


def test_a_silent_prometheus_leaves_the_chart_as_it_is(plan, monkeypatch):
    row = make_query(plan)
    monkeypatch.setattr(focus, "ask_range", lambda *_: Series(reason="connection refused"))
    before = focus.older(row, timezone.now(), 12 * HOUR)
    assert before.points == () and "connection refused" in before.text
