"""Health checks as people set them up: every kind, many at once, edits that keep what stood."""

import pytest
from django.urls import reverse
from django.utils import timezone
from werkzeug import Response

from rollouts.actions.check_edits import add_check, edit_check, move_check, remove_check
from rollouts.models import Guardrail, HealthCheck, Stage, WatchVersion
from rollouts.queries import watching
from tests.rollouts.cast import make_check
from warroom.actions.refusals import Invalid, NotAllowed, Refused, Unconfirmed
from warroom.live import panels

pytestmark = pytest.mark.django_db
HTTP = {"name": "Checkout", "url": "https://shop.example/checkout", "interval_s": "15s",
        "statuses": "200-299", "contains": "ok", "json_path": "", "headers": "Accept: text/plain",
        "slow_ms": "300", "red_ms": "2000", "sustained_s": "5m", "red_after": "3"}  # fmt: skip


def post(client, plan, kind="http", **fields):
    return client.post(f"{reverse('check-new', args=[plan.slug])}?kind={kind}", fields)


@pytest.fixture
def editor(client, cast):
    client.force_login(cast["cora"])
    return client


def test_an_address_is_watched_with_all_that_is_asked_of_it(editor, plan):
    assert post(editor, plan, **HTTP).status_code == 302
    row = HealthCheck.objects.get(key="checkout")
    assert row.options == {"statuses": "200-299", "contains": "ok",
                           "headers": {"Accept": "text/plain"}}  # fmt: skip
    assert (row.slow_ms, row.red_ms, row.sustained_s, row.red_after) == (300, 2000, 300, 3)
    assert plan.events.last().kind == "check.added"


@pytest.mark.parametrize(
    ("kind", "fields", "kept"),
    [
        ("tcp", {"url": "db.example:5432"}, {}),
        ("tls", {"url": "shop.example:443", "yellow_days": "30", "red_days": "10",
                 "name_on_it": "shop.example"},
         {"yellow_days": 30, "red_days": 10, "name": "shop.example"}),
        ("targets", {"job": "web", "expected": "4"}, {"job": "web", "expected": 4}),
        ("heartbeat", {"interval_s": "1h", "grace_s": "5m", "longest_s": "20m"},
         {"longest_s": 1200}),
    ],
)  # fmt: skip
def test_every_kind_has_its_own_fields(editor, plan, kind, fields, kept):
    assert post(editor, plan, kind, name="One", **fields).status_code == 302
    row = HealthCheck.objects.get(key="one")
    assert (row.kind, row.options) == (kind, kept)
    assert editor.get(reverse("check", args=[plan.slug, "one"])).status_code == 200
    assert editor.get(reverse("check-edit", args=[plan.slug, "one"])).status_code == 200


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("http", "url", "ftp://a.example"),
        ("http", "url", "https://user:secret@a.example/"),
        ("http", "statuses", "20"),
        ("http", "headers", "Authorization: Bearer abc"),
        ("http", "headers", "no colon"),
        ("http", "json_path", "a[["),
        ("http", "cadence", "now and then"),
        ("http", "runbook_url", "javascript:alert(1)"),
        ("http", "red_after", "0"),
        ("tcp", "url", "db.example"),
        ("tcp", "url", "db.example:99999"),
        ("tls", "red_days", "50"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_typed_is_lost(
    editor, plan, kind, field, value
):
    url = "https://a.example/" if kind == "http" else "a.example:443"
    answer = post(editor, plan, kind, **{"name": "My check", "url": url, field: value})
    assert answer.status_code == 422 and "My check" in answer.text
    assert 'class="field__e"' in answer.text
    assert not HealthCheck.objects.exists()


def test_a_check_is_tried_before_it_is_saved(editor, plan, httpserver, loopback):
    httpserver.expect_request("/health").respond_with_json({"db": {"state": "down"}})
    fields = {**HTTP, "url": httpserver.url_for("/health"), "contains": "", "json_path": "db.state",
              "json_op": "=", "json_value": "up"}  # fmt: skip
    answer = post(editor, plan, **{**fields, "try": "1"})
    assert answer.status_code == 200 and "db.state is" in answer.context["tried"].reason
    assert not HealthCheck.objects.exists()


def test_trying_an_address_that_may_not_be_called_says_so(editor, plan):
    """S8, law 5: the guard is the same as for checks."""
    answer = post(editor, plan, **{**HTTP, "url": "http://169.254.169.254/", "try": "1"})
    assert answer.status_code == 200 and 'id="tried"' in answer.text


def test_an_edit_keeps_the_old_text_and_asks_anew(plan, cast):
    row = make_check(plan, red_after=2)
    HealthCheck.objects.update(band="green", value=12.0)
    stage = Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5,
                                 state="running", observed_s=90.0,
                                 started_at=plan.created_at)  # fmt: skip
    edit_check(row, {"slow_ms": 200}, by=cast["cora"], reason="Too slow for people")
    kept = WatchVersion.objects.get()
    assert (kept.version, kept.settings["slow_ms"], kept.soak_observed_s) == (1, 1000, 90.0)
    row.refresh_from_db()
    stage.refresh_from_db()
    assert (row.version, row.band, row.value, stage.observed_s) == (2, "no_data", None, 0)
    assert plan.events.last().kind == "check.edited"
    edit_check(row, {"slow_ms": 200}, by=cast["cora"])  # again changes nothing
    assert WatchVersion.objects.count() == 1


def test_who_saw_an_older_text_is_refused(plan, cast):
    row = make_check(plan)
    edit_check(row, {"slow_ms": 200}, by=cast["cora"], seen_version=1)
    with pytest.raises(Refused, match="meanwhile"):
        edit_check(row, {"slow_ms": 300}, by=cast["cora"], seen_version=1)


def test_a_name_or_a_runbook_restarts_nothing(plan, cast):
    row = make_check(plan)
    HealthCheck.objects.update(band="green")
    edit_check(row, {"name": "Shop", "runbook_url": "https://run.example/shop"}, by=cast["cora"])
    row.refresh_from_db()
    assert row.band == "green"


def test_the_secret_word_of_a_heartbeat_is_for_editors_and_in_no_version(client, plan, cast):
    row = add_check(plan, "heartbeat", {"name": "Export"}, by=cast["cora"])
    edit_check(row, {"grace_s": 5}, by=cast["cora"])
    assert row.ping_key not in str(WatchVersion.objects.get().settings)
    page = reverse("check", args=[plan.slug, row.key])
    client.force_login(cast["forge"])
    assert row.ping_key not in client.get(page).text
    client.force_login(cast["cora"])
    assert f"{row.ping_key}/$?" in client.get(page).text


def test_what_a_guardrail_rests_on_goes_with_a_reason_only(plan, cast):
    row = make_check(plan)
    Guardrail.objects.create(plan=plan, key="g", name="Shop down", kind="check", health_check=row)
    with pytest.raises(Unconfirmed, match="Shop down"):
        remove_check(row, by=cast["cora"])
    remove_check(row, by=cast["cora"], reason="The service is gone")
    row.refresh_from_db()
    assert not row.enabled


@pytest.mark.parametrize("kind", ["http", "tcp", "tls", "targets", "heartbeat"])
def test_a_new_check_counts_unless_somebody_says_otherwise(editor, plan, kind):
    page = editor.get(reverse("check-new", args=[plan.slug]), {"kind": kind})
    assert not page.context["form"]["report_only"].value()


def test_what_neither_holds_nor_rolls_back_says_so_wherever_it_may_be_red(editor, plan):
    """Beside “all green” a red check would be a riddle."""
    places = [reverse(name, args=[plan.slug]) for name in ("checks", "room")]
    counting = make_check(plan, "counts", band="red", read_at=timezone.now())
    make_check(plan, "matrix", group="Shop", band="red", read_at=timezone.now())
    assert not any("Shown only" in editor.get(place).text for place in places)
    HealthCheck.objects.filter(pk=counting.pk).update(report_only=True)
    assert [editor.get(place).text.count("Shown only") for place in places] == [1, 1]
    HealthCheck.objects.update(report_only=True)
    assert editor.get(places[0]).text.count("Shown only") == 2


def test_checks_stand_where_they_are_put(plan, cast):
    rows = [make_check(plan, key, position=n) for n, key in enumerate("abc", start=1)]
    move_check(rows[2], 1, by=cast["cora"])
    found = HealthCheck.objects.filter(plan=plan).order_by("position")
    assert [row.key for row in found] == ["c", "a", "b"]


def test_who_may_not_edit_sets_up_nothing(plan, cast):
    with pytest.raises(NotAllowed):
        add_check(plan, "http", {"name": "A", "url": "https://a.example/"}, by=cast["thon"])


# --- many ------------------------------------------------------------------------------------


def many(client, plan, lines, **more):
    fields = {"group": "Endpoints", "statuses": "200", "interval_s": "30s", **more}
    return client.post(reverse("checks-many", args=[plan.slug]), {"lines": lines, **fields})


def test_many_addresses_are_watched_in_one_change_and_shown_as_a_matrix(editor, plan):
    """S98: a pasted list of name and address."""
    before = plan.events.count()
    lines = "\n".join(f"Endpoint {n} https://api.example/{n}" for n in range(60))
    assert many(editor, plan, f"{lines}\n\nhttps://api.example/bare").status_code == 302
    assert HealthCheck.objects.filter(group="Endpoints").count() == 61
    assert plan.events.count() == before + 1
    many(editor, plan, lines)  # what is watched already is left out
    assert HealthCheck.objects.count() == 61
    page = editor.get(reverse("checks", args=[plan.slug])).text
    assert "Endpoint 59" in page and 'id="group-endpoints"' in page
    room = editor.get(plan.get_absolute_url()).text
    assert "0 of 61" in room and "Endpoint 59" not in room


@pytest.mark.parametrize(
    ("lines", "said"), [("Only a name", "Line 1"), ("A https://a.example/\nB http://", "Line 2")]
)
def test_a_line_that_is_wrong_is_named(editor, plan, lines, said):
    answer = many(editor, plan, lines)
    assert answer.status_code == 422 and said in answer.text
    assert not HealthCheck.objects.exists()


@pytest.mark.parametrize("count", [1, 60])
def test_the_matrix_costs_the_same_for_one_and_for_many(plan, count, django_assert_num_queries):
    for n in range(count):
        make_check(plan, f"c{n}", group="Endpoints", name=f"Endpoint {n}")
    plan.refresh_from_db()
    with django_assert_num_queries(1):
        html = panels.render(panels.get("check-matrix"), plan, plan.created_at)
    assert html.count("<li") == count


def test_a_group_is_as_bad_as_its_worst(plan):
    make_check(plan, "a", group="E", band="green")
    make_check(plan, "b", group="E")
    rows = watching.check_rows(plan, plan.created_at, watching.timedelta(hours=1))
    (group,) = watching.groups_of(rows)
    assert group.worst == "no_data" and group.summary["all"] == 2


def test_a_slow_answer_of_a_try_is_bounded(editor, plan, httpserver, loopback, monkeypatch):
    monkeypatch.setattr("rollouts.tasks.trying.DEADLINE_S", -1.95)
    httpserver.expect_request("/slow").respond_with_handler(lambda _: Response("late"))
    answer = post(editor, plan, **{**HTTP, "url": httpserver.url_for("/slow"), "try": "1"})
    assert answer.status_code == 200


def test_an_unknown_kind_is_not_there(editor, plan):
    assert editor.get(f"{reverse('check-new', args=[plan.slug])}?kind=ftp").status_code == 404
    with pytest.raises(Invalid):
        add_check(plan, "ftp", {"name": "A"}, by="demo")
