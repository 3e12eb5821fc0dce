"""The page of a metric: tried, drafted, foreseen, saved; nothing typed is lost (S65, S66)."""

import pytest

from rollouts.models import PrometheusQuery, WatchVersion
from rollouts.probes.prometheus import Tried
from rollouts.views import metrics
from tests.rollouts.cast import make_query, read

pytestmark = pytest.mark.django_db

DRAFT = {
    "name": "P95 latency", "unit": "ms", "interval_s": "15s", "promql": "latency",
    "direction": "lower", "green": "250", "red": "500", "sustained_s": "1m", "red_after": "1",
    "does": "hold", "version": "1",
}  # fmt: skip


@pytest.fixture
def editor(cast, client_of):
    return client_of(cast["cora"])


@pytest.fixture
def url(plan):
    make_query(plan)
    return f"/plans/{plan.slug}/checks/metric/p95-latency/edit/"


def answer(monkeypatch, **said):
    monkeypatch.setattr(metrics, "try_query", lambda target: Tried(**said))


def test_the_page_shows_the_metric_as_it_stands(editor, url):
    html = editor.get(url).content.decode()
    assert 'value="200"' in html and "Save as version 2" in html and "scale--band" in html


def test_who_may_not_edit_reads_the_same_page(cast, client_of, url):
    html = client_of(cast["vera"]).get(url).content.decode()
    assert "<fieldset" in html and "disabled" in html and 'id="save-now"' not in html


def test_a_try_shows_every_series_with_its_band_and_offers_a_reducer(editor, url, monkeypatch):
    series = tuple(
        ({"job": "a", "instance": f"g-{n}"}, value) for n, value in enumerate((120.0, 236.0, 731.0))
    )
    answer(monkeypatch, series=series, error="3 series", took_ms=14)
    said = DRAFT | {"promql": "sum by (instance) (latency)", "try": "1"}
    html = editor.post(url, said).content.decode()
    assert "3 series where 1 is meant: one per instance." in html
    assert "instance=&quot;g-1&quot;" in html and "731 ms" in html and "14 ms" in html
    assert 'value="sum (latency)"' in html and 'name="reduce" value="max"' in html
    assert "sum by (instance) (latency)</textarea>" in html  # the draft is kept
    assert PrometheusQuery.objects.get().version == 1


def test_a_try_is_not_sent_for_what_is_no_promql(editor, url, monkeypatch):
    monkeypatch.setattr(metrics, "try_query", lambda target: pytest.fail("it was asked"))
    got = editor.post(url, DRAFT | {"promql": "rate(up)", "try": "1"})
    assert got.status_code == 422 and "wants values over a span" in got.content.decode()


def test_the_offered_query_is_tried_and_stands_in_the_form(editor, url, monkeypatch):
    answer(monkeypatch, series=(({}, 236.0),), value=236.0, took_ms=3)
    html = editor.post(url, DRAFT | {"fix": "sum(latency)"}).content.decode()
    assert "sum(latency)</textarea>" in html and "236 ms" in html


def test_a_draft_says_what_the_last_hours_would_have_been(editor, plan, url):
    read(plan, band="yellow")
    html = editor.post(url, DRAFT | {"preview": "1"}).content.decode()
    assert "under this draft:</b> green 100 %" in html and "said green 0 %, yellow 100 %" in html
    assert "what is yellow now would be green" in html
    assert "A target is loosened while it is missed." in html


def test_saving_makes_a_version_and_the_reason_is_asked_for(editor, url):
    got = editor.post(url, DRAFT)
    assert got.status_code == 422 and "Say why." in got.content.decode()
    got = editor.post(url, DRAFT | {"reason": "Cache warm-up."})
    assert got.status_code == 302 and WatchVersion.objects.get().reason == "Cache warm-up."
    html = editor.get(url).content.decode()
    assert "green &lt; 250 ms, was &lt; 200 ms" in html and "Cache warm-up." in html


def test_a_late_draft_is_answered_with_what_is_true_now_and_kept(editor, url):
    editor.post(url, DRAFT | {"reason": "First."})
    got = editor.post(url, DRAFT | {"green": "260", "reason": "Second."})
    html = got.content.decode()
    assert got.status_code == 409 and "was changed while you wrote by Cora" in html
    assert 'value="260"' in html and 'name="version" value="2"' in html


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("green", "soon", "Write a number"),
        ("red", "5 s", "one unit"),
        ("sustained_s", "a while", "is no length"),
        ("cadence", "often", "is no step"),
        ("words", "UP", "write such as 1 = UP"),
        ("link_url", "javascript:x", "web address"),
        ("promql", 'up{a="}', "not PromQL"),
    ],
)
def test_wrong_input_names_its_field_and_loses_nothing(editor, url, field, value, says):
    said = DRAFT | {"meaning": "Kept as typed.", "reason": "x", field: value}
    if field == "red":
        said["green"] = "250 ms"
    got = editor.post(url, said)
    html = got.content.decode()
    assert got.status_code == 422 and says in html and "Kept as typed." in html


def test_a_new_metric_is_added_on_the_same_page(editor, plan):
    said = DRAFT | {"name": "Flag", "unit": "", "green": "", "red": "", "promql": "flag"}
    got = editor.post(f"/plans/{plan.slug}/checks/metric/new/", said)
    assert got.status_code == 302 and PrometheusQuery.objects.get().key == "flag"


def test_the_tuning_log_is_a_page(editor, plan, url):
    editor.post(url, DRAFT | {"reason": "Cache warm-up."})
    editor.post(f"/plans/{plan.slug}/checks/metric/p95-latency/note/", {"text": "A spike."})
    html = editor.get(f"/plans/{plan.slug}/checks/tuning/").content.decode()
    assert "Cache warm-up." in html and "A spike." in html


def test_with_script_a_try_brings_the_result_alone(editor, url, monkeypatch):
    answer(monkeypatch, series=(({}, 236.0),), value=236.0, took_ms=3)
    got = editor.post(url, DRAFT | {"try": "1"}, headers={"HX-Request": "true"})
    html = got.content.decode()
    assert got.status_code == 200 and html.lstrip().startswith('<div id="tried"')
    assert "236 ms" in html and "<html" not in html
    got = editor.post(
        url, DRAFT | {"promql": "rate(up)", "try": "1"}, headers={"HX-Request": "true"}
    )
    assert got.status_code == 422 and "PromQL: rate() wants values" in got.content.decode()
