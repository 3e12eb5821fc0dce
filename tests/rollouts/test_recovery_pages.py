"""The pages of rollbacks, drills and backups, and what their forms keep when they are refused."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from rollouts.actions.backups import register_backup
from rollouts.actions.drills import start_drill
from rollouts.actions.procedures import basis_of, save_procedure
from rollouts.actions.run_ends import finish_run
from rollouts.models import Backup, RollbackProcedure, RollbackRun
from rollouts.queries.backups import register
from rollouts.queries.recovery import drill_rows
from rollouts.queries.run_board import events_of
from rollouts.queries.safe_start import latest_safe_start
from tests.rollouts.cast import make_check, make_query
from tests.rollouts.test_backups import METADATA, ONE
from tests.rollouts.test_procedures import FLAG
from tests.rollouts.test_runs import begin
from warroom.actions.change import RULE, change
from warroom.models import DeploymentPlan, EscalationContact, EscalationLevel, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def flag(plan, cast):
    make_query(plan, band="red", value=731.0, read_at=timezone.now())
    make_check(plan)
    return save_procedure(plan, FLAG, by=cast["cora"])


def url(plan, name, *parts):
    return reverse(name, args=[plan.slug, *parts])


def html(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def test_a_rollback_shows_its_stopwatch_steps_and_frozen_readings(flag, client_of, cast, plan):
    """S142: each segment against its target."""
    run = begin(plan, generation=1)
    page = html(client_of(cast["forge"]).get(url(plan, "rollback-run", 1)))
    assert "Rollback run 1: 5 to 0 %" in page and "ROLLBACK to 0 %" in page
    assert "of 20:00 allowed" in page and "Nobody is in command yet" in page
    assert page.count("<progress") == 4 and "Errors." in page
    assert "Metrics at the trigger" in page and "P95 latency" in page
    assert "python deploy.py rollback" in page  # if the button fails
    assert f'data-elapsed="{run.started_at:%Y-%m-%dT%H:%M:%SZ}"' in page


def test_the_timeline_of_a_run_holds_what_led_to_it_and_what_belongs_to_it(flag, plan):
    """Work that went on shortly before is not of the run; the verdict since the breach is."""
    now = timezone.now()
    with time_machine.travel(now - timedelta(minutes=6), tick=False):
        note(plan, "check.added", "verdict.changed")
    with time_machine.travel(now - timedelta(minutes=1), tick=False):
        note(plan, "metric.changed", "check.edited", "note.added", "run.step")
    with time_machine.travel(now, tick=False):
        run = begin(plan, generation=1, breach_at=now - timedelta(minutes=5))
        note(plan, "check.added", "effect.sent", "note.added", "escalation.opened")
        note(plan, *["note.added"] * 2)
        shown = events_of(run, now)
    kinds = [event.kind for event in reversed(shown) if event.kind != "rollback.started"]
    assert kinds == [
        "metric.changed", "effect.sent", "note.added", "escalation.opened", "note.added",
        "note.added",
    ]  # fmt: skip
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        note(plan, *["note.added"] * 20)
    assert len(events_of(run, now)) == 15


def note(plan, *kinds):
    for kind in kinds:
        with change(plan, by=RULE) as noting:
            noting.record(kind, "Something")


def test_a_drill_says_everywhere_that_it_is_one(flag, client_of, cast, plan):
    start_drill(plan, flag, "staging", by=cast["forge"])
    page = html(client_of(cast["forge"]).get(url(plan, "rollback-run", 1)))
    assert "DRILL" in page and "At staging. It moves no production traffic" in page
    assert "board--rollback" not in page


def test_steps_are_ticked_with_one_tap_and_refused_in_words(flag, client_of, cast, plan):
    start_drill(plan, flag, "staging", by=cast["forge"])
    client = client_of(cast["forge"])
    where = url(plan, "run-step", 1, 2) + "?state=done"
    assert client.post(where).status_code == 302
    run = RollbackRun.objects.get()
    assert run.steps.get(position=2).done_by == "Forge"
    fragments = html(client.post(url(plan, "run-step", 1, 3), headers={"hx-request": "true"}))
    assert 'id="run-steps-1"' in fragments and 'id="run-1"' in fragments
    said = html(client.post(url(plan, "run-note", 1), {"position": "4", "state": "skipped"}), 422)
    assert "Say why" in said
    typed = {"position": "4", "state": "skipped", "note": "No check there"}
    assert client.post(url(plan, "run-note", 1), typed).status_code == 302
    said = html(client.post(url(plan, "run-finish", 1), {"outcome": "verified", "saw": "Ok"}), 409)
    assert "“Decide” is open." in said and "Ok</textarea>" in said
    client.post(url(plan, "run-step", 1, 1))
    typed = {"outcome": "verified", "saw": "At 0 %", "downtime": "7:05"}
    assert client.post(url(plan, "run-finish", 1), typed).status_code == 302
    run.refresh_from_db()
    assert (run.outcome, run.downtime_s) == ("verified", 425)
    assert "Verified" in html(client.get(url(plan, "rollback-run", 1)))


def test_the_page_of_backups_and_drills(flag, client_of, cast, plan):
    plan.protected_until = timezone.now() + timedelta(hours=12)
    plan.environment = "production"
    plan.save(update_fields=["protected_until", "environment"])
    register_backup(plan, METADATA | {"sha256": ONE}, by=cast["forge"])
    start_drill(plan, flag, "staging", by=cast["forge"])
    page = html(client_of(cast["forge"]).get(url(plan, "recovery")))
    assert "Latest start, Flag to 0 %" in page and "20:00 + 5:00 reserve" in page
    assert "staging_20251015_063700" in page and "Not verified" in page
    assert "All 1 are of staging; none is of production." in page
    assert "Procedure: Flag to 0 %" in page and "3d97ee29ac7" in page


def test_a_drill_is_started_and_entered_by_form(flag, client_of, cast, plan):
    client = client_of(cast["forge"])
    assert "Enter a past drill: Flag to 0 %" in html(client.get(url(plan, "recovery-drill")))
    said = html(client.post(url(plan, "recovery-drill"), {"place": "", "reason": "Try it"}), 422)
    assert "Try it" in said
    answer = client.post(url(plan, "recovery-drill"), {"place": "staging", "procedure": flag.pk})
    assert answer.url == url(plan, "rollback-run", 1)
    typed = {"place": "staging", "started_at": "2026-01-02 10:00", "took_0": "0:08",
             "took_1": "1:40", "took_2": "soon", "worked": "on"}  # fmt: skip
    past = url(plan, "recovery-past", "flag-to-0")
    said = html(client.post(past, typed), 422)
    assert "no length" in said and 'value="1:40"' in said
    assert client.post(past, typed | {"took_2": "0:30"}).status_code == 302
    assert RollbackRun.objects.get(number=2).noted_at is not None
    assert "entered from notes" in html(client.get(url(plan, "rollback-run", 2)))


def test_a_backup_is_registered_read_back_and_retired_by_form(client_of, cast, plan):
    client = client_of(cast["forge"])
    said = html(client.post(url(plan, "recovery-backup"), {"metadata": "{nope"}), 422)
    assert "no JSON" in said and "{nope" in said
    said = html(client.post(url(plan, "recovery-backup"), {"metadata": '{"size": 1}'}), 422)
    assert "Say a name" in said
    answer = client.post(url(plan, "recovery-backup"), {"metadata": '{"name": "nightly"}'})
    where = url(plan, "backup", "nightly")
    assert answer.url == where and "sha256sum" in html(client.get(where))
    assert "Give the checksum" in html(client.post(url(plan, "backup-verify", "nightly")), 422)
    with open(__file__, "rb") as file:
        sent = client.post(url(plan, "backup-verify", "nightly"), {"file": file})
    assert sent.status_code == 302
    row = Backup.objects.get()
    assert row.verified_sha256 and row.verified_how.startswith("uploaded test_recovery_pages")
    client.post(url(plan, "backup-verify", "nightly"), {"sha256": ONE})
    assert "not what was claimed" in html(client.get(where))
    client.post(url(plan, "backup-retire", "nightly"), {"retire-reason": "Thinned out"})
    assert "Off the register" in html(client.get(where))


def rows_of(*steps):
    data = {"steps-TOTAL_FORMS": str(len(steps)), "steps-INITIAL_FORMS": "0"}
    for place, step in enumerate(steps):
        data |= {f"steps-{place}-{name}": value for name, value in step.items()}
    return data


def test_a_procedure_is_edited_ordered_and_kept_when_refused(flag, client_of, cast, plan):
    client = client_of(cast["cora"])
    where = url(plan, "procedure-edit", "flag-to-0")
    page = html(client.get(where))
    assert 'value="Flag to 0"' in page and 'value="10:00"' in page
    typed = {"name": "Flag", "target_s": "15:00", "to_percent": "0", "basis": basis_of(flag)}
    second = {"title": "See it", "place": "2", "watches": "check:demo", "target_s": "5:00"}
    first = {"title": "Flag off", "place": "1", "kind": "execute", "target_s": "a while"}
    said = html(client.post(where, typed | rows_of(second, first)), 422)
    assert "no length" in said and 'value="See it"' in said
    first["target_s"] = "10:00"
    assert client.post(where, typed | rows_of(second, first, {"title": ""})).status_code == 302
    flag.refresh_from_db()
    assert [one.title for one in flag.steps.all()] == ["Flag off", "See it"]
    assert (flag.name, flag.target_s) == ("Flag", 900)
    said = html(client.post(where, typed | rows_of(first)), 409)
    assert "was changed while you wrote" in said
    text = html(client.get(url(plan, "procedures-md")))
    assert "1. Flag off" in text and "- **Total:** &lt; 15 minutes" not in text
    assert "- **Total:** < 15 minutes" in text
    client.post(url(plan, "procedure-retire", "flag-to-0"), {"retire-reason": "Not used"})
    assert RollbackProcedure.objects.get().retired_at is not None


def test_every_page_says_it_from_half_an_hour_before_the_latest_start(flag, client_of, cast, plan):
    plan.protected_until = timezone.now() + timedelta(minutes=40)
    plan.lifecycle = "deploying"
    plan.save(update_fields=["protected_until", "lifecycle"])
    page = html(client_of(cast["vera"]).get(url(plan, "timeline")))
    assert "A rollback has to start by" in page


def test_the_alarm_was_false_and_it_is_out_again(flag, client_of, cast, plan):
    """S79."""
    begin(plan)
    client = client_of(cast["thon"])
    client.post(url(plan, "run-command", 1))
    assert RollbackRun.objects.get().commander == "Thon"
    assert "Say why" in html(client.post(url(plan, "run-false", 1), {}), 422)
    client.post(url(plan, "run-false", 1), {"false-reason": "The probe counted twice"})
    client.post(url(plan, "run-redeployed", 1))
    run = RollbackRun.objects.get()
    assert run.false_positive_at and run.redeployed_at


def test_the_demo_shows_two_ways_back_with_drills_and_backups(settings, db):
    """Nothing is back-dated: what was not timed here is marked, and backups claim their times."""
    settings.DEMO_SERVICE_URL = "http://127.0.0.1:9901"
    call_command("demo_room")
    plan = DeploymentPlan.objects.get(slug="progressive-rollout")
    runs = RollbackRun.objects.filter(plan=plan)
    assert runs.count() == 4 and not runs.filter(noted_at=None).exists()
    now = timezone.now()
    assert [row.word for row in drill_rows(plan, now)] == [
        "All 3 met", "1 of 5 missed", "All 5 met", "All 3 met",
    ]  # fmt: skip
    assert (register(plan, now).verified, register(plan, now).count) == (3, 4)
    assert latest_safe_start(plan, now).name == "Flag to 0 %"
    call_command("demo_room")
    assert runs.count() == 4


def test_a_rollback_that_did_not_work_calls_the_second_level_and_shows_the_command_large(
    flag, client_of, cast, plan
):
    for number in (1, 2):
        level = EscalationLevel.objects.create(plan=plan, number=number, name=f"Level {number}")
        way = {"way": "mail", "to": f"level{number}@example.org"}
        EscalationContact.objects.create(plan=plan, level=level, name="Thon", reach=[way])
    run = finish_run(begin(plan, generation=1), "failed", "5 % are still served.", by=cast["thon"])
    called = plan.escalations.get(cause=f"rollback-failed:{run.number}")
    assert called.level == 2 and "level 2" in plan.events.last().text
    assert [letter.to for letter in Message.objects.all()] == ["level2@example.org"]
    page = html(client_of(cast["forge"]).get(url(plan, "rollback-run", run.number)))
    assert "Roll back by hand now" in page
    assert 'id="by-hand-now">python deploy.py rollback' in page
