"""The page of a fault carries the way back by hand, without database, for those who may know it."""

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from rollouts.models import Executor, RollbackProcedure
from warroom.actions.timeline import add_note
from warroom.live import byhand
from warroom.models import Lifecycle
from warroom.views import plans, timeline
from warroom.views.errors import server_error

COMMAND = "python scripts/deploy.py rollback --to <green>"
SHOWN = "python scripts/deploy.py rollback --to &lt;green&gt;"


@pytest.fixture
def plan(plan):
    Executor.objects.create(plan=plan, name="Script", kind="manual", rollback_command=COMMAND)
    byhand.write(plan)
    return plan


def break_down(monkeypatch, error: Exception) -> None:
    def broken(*_args, **_more):
        raise error

    monkeypatch.setattr(plans, "get_plan", broken)
    monkeypatch.setattr(timeline, "get_plan", broken)


def looking(client_of, person, plan):
    browser = client_of(person, raise_request_exception=False)
    assert browser.get(plan.get_absolute_url()).status_code == 200
    return browser


@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("x"), 500), (OperationalError("no route"), 503)]
)
def test_a_fault_shows_the_command_by_hand(plan, cast, client_of, monkeypatch, error, status):
    """Scenario 13 and the states of a page: 500 and 503, each with the manual way back."""
    browser = looking(client_of, cast["cora"], plan)
    break_down(monkeypatch, error)
    answer = browser.get(f"{plan.get_absolute_url()}timeline/")
    page = answer.content.decode()
    assert answer.status_code == status
    assert SHOWN in page and f"Roll back {plan.name} by hand" in page
    assert "no route" not in page


def test_the_page_of_a_fault_asks_nothing_of_the_database(
    plan, cast, client_of, django_assert_num_queries
):
    browser = looking(client_of, cast["cora"], plan)
    request = RequestFactory().get(plan.get_absolute_url())
    request.COOKIES = {name: morsel.value for name, morsel in browser.cookies.items()}
    with django_assert_num_queries(0):
        assert SHOWN in server_error(request).content.decode()


def test_who_was_never_shown_the_release_reads_no_command(plan, cast, client_of, monkeypatch):
    """Nobody's cookie helps another session: it is signed for one release and one session."""
    cora = looking(client_of, cast["cora"], plan)
    stranger = client_of(cast["stranger"], raise_request_exception=False)
    stranger.get(plan.get_absolute_url())
    break_down(monkeypatch, RuntimeError("x"))
    assert SHOWN not in stranger.get(plan.get_absolute_url()).content.decode()
    stranger.cookies[byhand.COOKIE] = cora.cookies[byhand.COOKIE].value
    assert SHOWN not in stranger.get(plan.get_absolute_url()).content.decode()
    elsewhere = cora.get("/plans/another-one/").content.decode()
    assert SHOWN not in elsewhere


def test_the_file_follows_what_changes_and_goes_with_the_release(
    plan, cast, django_capture_on_commit_callbacks, monkeypatch
):
    assert byhand.read(plan.slug)["commands"] == [["Script", COMMAND]]
    assert byhand.path_of(plan.slug).stat().st_mode & 0o077 == 0
    RollbackProcedure.objects.create(plan=plan, key="all", name="All of it", command="make back")
    with django_capture_on_commit_callbacks(execute=True):
        add_note(plan, "No reason to write it", by=cast["cora"])
    assert len(byhand.read(plan.slug)["commands"]) == 1
    byhand.path_of(plan.slug).unlink()
    monkeypatch.setattr(byhand, "_looked_at", 0.0)
    assert byhand.write_old() >= 1
    assert byhand.read(plan.slug)["commands"][1] == ["All of it", "make back"]
    assert byhand.write_old() == 0
    plan.lifecycle = Lifecycle.STABLE
    byhand.write(plan)
    assert byhand.read(plan.slug) is None


def test_what_is_half_written_or_gone_is_no_second_fault(plan):
    byhand.path_of(plan.slug).write_text("{")
    assert byhand.read(plan.slug) is None
