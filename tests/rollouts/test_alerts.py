"""Alerts by hooks: told, repeated, resolved, cut, answered (S138, S143, scenario 62)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from checklists.models import Criterion, Source
from checklists.queries.measures import measure_of
from rollouts.actions.alert_words import acknowledge, end_alert, mark_false
from rollouts.actions.hooks import add_hook, retire_hook
from rollouts.models import Alert, AlertHook
from rollouts.queries.alerts import counts_of, false_alerts
from rollouts.rules.alert_payloads import WrongPayload, read
from tests.rollouts.payloads import alert, envelope
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Lifecycle

pytestmark = pytest.mark.django_db
START = datetime(2025, 10, 23, 20, 46, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as frozen:
        yield frozen


@pytest.fixture
def hooked(plan, cast, clock):
    """A hook of a release under way, and its address."""
    plan.lifecycle = Lifecycle.WATCHING
    plan.save()
    hook, token = add_hook(plan, {"name": "Alertmanager", "kind": "alertmanager",
                                  "expect_every_s": 300}, by=cast["cora"])  # fmt: skip
    return hook, f"/hooks/alertmanager/{token}"


def post(client, url, body):
    return client.post(url, json.dumps(body), content_type="application/json")


def count(plan, severity="critical"):
    (said,) = counts_of(fresh(plan), severity, timezone.now())
    return said


def fresh(plan):
    """As another request finds it."""
    return DeploymentPlan.objects.get(pk=plan.pk)


def kinds(plan):
    return list(plan.events.order_by("seq").values_list("kind", flat=True))


# --- what is read ---------------------------------------------------------------------------


def test_each_alert_counts_and_the_envelope_does_not():
    """The envelope says firing while one of its alerts is resolved."""
    said = read(json.dumps(envelope(alert("a"), alert("b", firing=False))).encode())
    assert [one.firing for one in said.alerts] == [True, False]


def test_an_end_in_the_year_one_is_no_end():
    body = envelope(alert("a", firing=False, endsAt="0001-01-01T00:00:00Z"))
    (told,) = read(json.dumps(body).encode()).alerts
    assert told.ended_at is None and not told.firing


def test_a_missing_severity_is_kept_as_none_said():
    (told,) = read(json.dumps(envelope(alert("a", severity=None))).encode()).alerts
    assert told.severity == ""


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"alerts": 3}', b'{"alerts": [1]}', b'{"alerts": [{"status": "odd"}]}',
     b'{"alerts": [{"status": "firing", "startsAt": "soon"}]}', b"\xff\xfe", b"[" * 100_000,
     b'{"alerts": [], "truncatedAlerts": "many"}'],
)  # fmt: skip
def test_what_is_no_notification_is_refused_in_words(body):
    with pytest.raises(WrongPayload, match=r"\w"):
        read(body)


def test_odd_words_can_be_kept():
    """Half characters, NULs and script addresses are in nobody's database."""
    body = envelope(
        alert("a", annotations={"summary": "x\ud800\0y", "runbook_url": "javascript:1"})
    )
    (told,) = read(json.dumps(body).encode()).alerts
    assert told.summary == "x?y" and told.runbook_url == ""


# --- what is kept ---------------------------------------------------------------------------


def test_an_alert_fires_is_repeated_and_is_resolved(client, plan, hooked):
    _, url = hooked
    assert post(client, url, envelope(alert("a"))).json()["fired"] == 1
    for _ in range(100):  # scenario 9
        assert post(client, url, envelope(alert("a"))).json()["known"] == 1
    assert post(client, url, envelope(alert("a", firing=False))).json()["resolved"] == 1
    assert Alert.objects.count() == 1
    assert kinds(plan)[-2:] == ["alert.fired", "alert.resolved"]


def test_what_was_resolved_does_not_fire_again_by_a_replay(client, plan, hooked):
    """Scenario 62, as far as nothing is signed: an old notification changes nothing."""
    _, url = hooked
    post(client, url, envelope(alert("a")))
    post(client, url, envelope(alert("a", firing=False)))
    post(client, url, envelope(alert("a")))
    assert Alert.objects.get().resolved_at is not None
    later = alert("a", startsAt="2025-10-23T21:00:00Z")
    assert post(client, url, envelope(later)).json()["fired"] == 1


def test_many_alerts_cost_as_many_statements_as_one(
    client, plan, hooked, django_assert_max_num_queries
):
    _, url = hooked
    with django_assert_max_num_queries(40):
        answer = post(client, url, envelope(*(alert(f"a{n}") for n in range(200))))
    assert answer.json()["fired"] == 200


@pytest.mark.parametrize("path", ["/hooks/alertmanager/none", "/hooks/pager/none"])
def test_an_unknown_address_is_404_and_a_read_is_405(client, db, path):
    assert post(client, path, {}).status_code == 404
    assert client.get(path).status_code == 405


def test_a_body_that_is_wrong_is_422_and_keeps_nothing(client, hooked):
    _, url = hooked
    answer = post(client, url, {"alerts": [{"status": "odd"}]})
    assert answer.status_code == 422 and "alerts.0.status" in answer.json()["detail"]
    assert Alert.objects.count() == 0


def test_a_closed_release_takes_nothing_and_is_content(client, plan, hooked):
    _, url = hooked
    DeploymentPlan.objects.update(lifecycle=Lifecycle.STABLE)
    assert post(client, url, envelope(alert("a"))).status_code == 200
    assert Alert.objects.count() == 0


# --- critical alerts = 0 --------------------------------------------------------------------


def test_silence_says_nothing_before_and_after_it_was_heard(client, plan, hooked, clock):
    """Law 5: no data is never green."""
    _, url = hooked
    assert "told nothing yet" in count(plan).why
    post(client, url, envelope())
    assert count(plan).value == 0
    clock.shift(timedelta(seconds=301))
    assert "silent" in count(plan).why


def test_only_firing_alerts_of_the_severity_count(client, plan, hooked):
    _, url = hooked
    post(
        client, url, envelope(alert("a"), alert("b", severity="warning"), alert("c", firing=False))
    )
    assert count(plan).value == 1 and count(plan, "warning").value == 1


def test_what_was_left_out_makes_the_count_a_least(client, plan, hooked):
    """max_alerts: with none known nothing is known."""
    _, url = hooked
    post(client, url, envelope(truncatedAlerts=2))
    assert "left out" in count(plan).why
    post(client, url, envelope(alert("a"), truncatedAlerts=2))
    assert count(plan).text == "at least 1"
    post(client, url, envelope(alert("a")))
    assert count(plan).text == "1"


def test_an_alert_that_is_not_repeated_is_not_known_any_more(client, plan, hooked, clock):
    _, url = hooked
    AlertHook.objects.update(expect_every_s=None)
    post(client, url, envelope(alert("a")))
    clock.shift(timedelta(hours=7))
    assert count(plan).value is None and "not known" in count(plan).why


def test_a_criterion_of_alerts_takes_the_worst_of_hooks_and_metrics(client, plan, hooked, gate):
    _alerts = measure_of(Source.ALERTS)
    _, url = hooked
    asked = Criterion(gate=gate, source=Source.ALERTS, green_op="=", green_value=0, params={})
    assert "told nothing" in _alerts(plan, asked, timezone.now()).why
    post(client, url, envelope())
    assert _alerts(fresh(plan), asked, timezone.now()).value == 0
    post(client, url, envelope(alert("a")))
    assert _alerts(fresh(plan), asked, timezone.now()).value == 1


# --- people ---------------------------------------------------------------------------------


def test_a_critical_alert_calls_once_and_acknowledging_stops_it(client, plan, cast, hooked):
    _, url = hooked
    post(client, url, envelope(alert("a"), alert("b")))
    post(client, url, envelope(alert("c")))
    called = plan.escalations.get()
    assert called.cause == "alert:a" and called.acknowledged_at is None
    acknowledge(Alert.objects.get(fingerprint="a"), by=cast["forge"])
    acknowledge(Alert.objects.get(fingerprint="a"), by=cast["thon"])  # again changes nothing
    called.refresh_from_db()
    assert called.acknowledged_by == cast["forge"].display_name
    assert kinds(plan).count("alert.acknowledged") == 1


def test_before_the_release_is_deployed_no_alert_calls_anybody(client, plan, hooked):
    DeploymentPlan.objects.update(lifecycle=Lifecycle.PREPARING)
    post(client, hooked[1], envelope(alert("a")))
    assert not plan.escalations.exists()


def test_false_alerts_are_counted(client, plan, cast, hooked):
    """S143: which alarms fired with nothing behind them."""
    post(client, hooked[1], envelope(alert("a"), alert("b")))
    row = Alert.objects.get(fingerprint="a")
    with pytest.raises(Invalid, match="why"):
        mark_false(row, " ", by=cast["forge"])
    with pytest.raises(NotAllowed):
        mark_false(row, "Test load", by=cast["vera"])
    mark_false(row, "Test load", by=cast["forge"])
    began = START - timedelta(days=1)
    assert false_alerts(plan, began, START + timedelta(days=1)) == 1


def test_a_person_may_end_what_its_manager_never_ended(client, plan, cast, hooked):
    post(client, hooked[1], envelope(alert("a")))
    end_alert(Alert.objects.get(), "Seen green in Grafana", by=cast["forge"])
    assert count(plan).value == 0
    assert Alert.objects.get().ended_by == cast["forge"].display_name


# --- pages and hooks ------------------------------------------------------------------------


def test_the_token_of_a_hook_is_shown_once_and_kept_as_its_digest(client, plan, cast, clock):
    client.force_login(cast["cora"])
    form = {"name": "Grafana", "kind": "grafana", "expect_every_s": "", "request_id": "x1"}
    answer = client.post(reverse("hook-add", args=[plan.slug]), form)
    token = answer.context["address"].rsplit("/", 1)[1]
    assert answer.status_code == 200 and token in answer.text
    assert token not in client.get(reverse("alerts", args=[plan.slug])).text
    assert AlertHook.objects.exclude(token_sha256="").get().token_sha256 != token
    assert token not in json.dumps(list(plan.events.values_list("data", flat=True)))
    again = client.post(reverse("hook-add", args=[plan.slug]), form)
    assert "sent twice" in again.text and AlertHook.objects.count() == 1


def test_a_retired_hook_hears_nothing_and_counts_for_nothing(client, plan, cast, hooked):
    hook, url = hooked
    post(client, url, envelope(alert("a")))
    retire_hook(hook, by=cast["cora"])
    assert post(client, url, envelope(alert("b"))).status_code == 404
    assert counts_of(fresh(plan), "critical", timezone.now()) == []


def test_two_hooks_of_one_name_are_refused(plan, cast, hooked):
    with pytest.raises(Refused, match="already"):
        add_hook(plan, {"name": "Alertmanager", "kind": "grafana"}, by=cast["cora"])


def test_the_pages_show_what_fires_with_its_runbook(client, plan, cast, hooked):
    """S111: from an alert to its runbook in one click."""
    notes = {"summary": "Too many errors", "runbook_url": "https://run.example/errors"}
    post(client, hooked[1], envelope(alert("a", annotations=notes)))
    client.force_login(cast["forge"])
    page = client.get(reverse("alerts", args=[plan.slug])).text
    assert "https://run.example/errors" in page and "Too many errors" in page
    one = client.get(reverse("alert", args=[plan.slug, Alert.objects.get().pk])).text
    assert "Open the runbook" in one and "Mark as false" in one
    assert "Acknowledge HighErrors" in client.get(plan.get_absolute_url()).text
