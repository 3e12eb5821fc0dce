"""The team edits its file and brings it back: nothing that people did is lost."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checklists.actions.items import add_item_note, set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Phase
from tests.conftest import make_user, seat
from tests.warroom.growth import STEPS, steps_of
from warroom.actions.imports import import_plan
from warroom.actions.refusals import NotAllowed, Refused
from warroom.actions.reimports import compare, reread, update_from_document
from warroom.actions.tokens import make_token
from warroom.documents.writing import completed_document
from warroom.models import DeploymentPlan, Seat

pytestmark = pytest.mark.django_db

SOURCE = """# Genesis

## Before

- [ ] Backup taken
- [ ] Tests pass
- [ ] Team told
- [ ] Confirmed
- [ ] Confirmed

## After

- [ ] Watch errors
  - Owner: Thon
- [ ] Write report

## Sign-Off

### Technical Lead Sign-Off
- Name: ____
- Date: ____
"""


@pytest.fixture
def cora():
    return make_user("cora")


@pytest.fixture
def plan(cora):
    plan = import_plan(SOURCE, by=cora, slug="genesis")
    DeploymentPlan.objects.filter(pk=plan.pk).update(author=None)
    for role in plan.roles.all():
        Seat.objects.get_or_create(role=role, user=cora)
    plan.refresh_from_db()
    return plan


def item(plan, text):
    return ChecklistItem.everything.get(plan=plan, text=text)


def told(plan, text):
    return [
        (one.kind, one.what, one.field) for one in compare(plan, reread(plan, text)).differences
    ]


def take(plan, text, by, **more):
    done = update_from_document(plan, reread(plan, text), by=by, **more)
    plan.refresh_from_db()
    return done


def listed(plan, number=1):
    rows = ChecklistItem.objects.filter(plan=plan, phase__number=number)
    return list(rows.order_by("position").values_list("text", flat=True))


def test_what_was_exported_differs_in_nothing(plan, cora):
    set_item_state(item(plan, "Tests pass"), "done", by=cora, value="22/22")
    set_item_state(item(plan, "Team told"), "failed", by=cora, reason="no mail")
    text = completed_document(plan)
    assert told(plan, text) == []
    events = plan.events.count()
    assert told(plan, SOURCE) == []
    take(plan, SOURCE, cora)
    assert plan.events.count() == events


def test_export_edit_import_loses_nothing(plan, cora):
    """Export, edit in an editor, import: ticks, values, notes and the room's own items stay."""
    done = set_item_state(item(plan, "Tests pass"), "done", by=cora, value="22/22")
    add_item_note(done, "Green twice", by=cora)
    added = ChecklistItem.objects.create(
        plan=plan, phase=done.phase, number=77, position=2, text="Added here"
    )
    lines = completed_document(plan).split("\n")
    lines.insert(lines.index("- [ ] Backup taken") + 1, "- [ ] Keys rotated")
    lines = [line.replace("Tests pass", "All tests pass") for line in lines]
    lines = [line.replace("- [ ] Write report", "- [x] Write report") for line in lines]
    lines.remove("- [ ] Team told")
    edited = "\n".join(lines)
    assert told(plan, edited) == [
        ("new", "Keys rotated", ""),
        ("changed", "Tests pass", "now reads"),
        ("ticked", "Write report", "state"),
        ("gone", "Team told", ""),
    ]
    take(plan, edited, cora)
    tested = item(plan, "All tests pass")
    assert (tested.pk, tested.state, tested.value) == (done.pk, "done", "22/22")
    assert tested.notes.get().text == "Green twice"
    assert item(plan, "Write report").state_by == cora
    assert item(plan, "Team told").removed_reason == "Gone from the document."
    added.refresh_from_db()
    assert added.removed_at is None
    assert listed(plan) == [
        "Backup taken", "Keys rotated", "All tests pass", "Added here", "Confirmed", "Confirmed",
    ]  # fmt: skip
    event = plan.events.order_by("-seq").first()
    assert event.kind == "plan.updated_from_document"
    assert "1 new, 1 changed, 1 ticked in the document, 1 taken off the list" in event.text
    assert told(plan, edited) == []
    assert told(plan, completed_document(plan)) == []


def test_both_edited_is_a_conflict_that_shows_both_and_is_asked(plan, cora):
    row = item(plan, "Tests pass")
    ChecklistItem.objects.filter(pk=row.pk).update(text="Tests pass in the room")
    edited = SOURCE.replace("Tests pass", "Tests pass twice")
    (one,) = compare(plan, reread(plan, edited)).differences
    assert (one.kind, one.before, one.after, one.room) == (
        "conflict", "Tests pass", "Tests pass twice", "Tests pass in the room",
    )  # fmt: skip
    assert not one.taken
    take(plan, edited, cora, choices=[one.key])
    assert item(plan, "Tests pass twice").pk == row.pk


def test_a_tick_that_ends_a_timer_early_is_asked_and_gets_a_reason(plan, cora):
    row = item(plan, "Tests pass")
    running = {"state": "doing", "started_at": timezone.now(), "duration_s": 86400}
    ChecklistItem.objects.filter(pk=row.pk).update(**running)
    edited = SOURCE.replace("[ ] Tests pass", "[x] Tests pass")
    (one,) = compare(plan, reread(plan, edited)).differences
    assert (one.kind, one.taken) == ("ticked", False)
    assert "wants a reason" in one.asks
    take(plan, edited, cora, choices=[one.key])
    row.refresh_from_db()
    assert (row.state, row.state_reason) == ("done", "As the document says")


def test_the_rooms_own_edit_survives(plan, cora):
    ChecklistItem.objects.filter(pk=item(plan, "Tests pass").pk).update(owner="Hudson")
    take(plan, SOURCE.replace("Write report", "Write the report"), cora)
    assert item(plan, "Tests pass").owner == "Hudson"


def test_what_was_done_is_not_taken_off_without_being_asked(plan, cora):
    set_item_state(item(plan, "Team told"), "done", by=cora)
    edited = SOURCE.replace("- [ ] Team told\n", "").replace("- [ ] Backup taken\n", "")
    asks = {one.what: one.asks for one in compare(plan, reread(plan, edited)).differences}
    assert asks == {"Backup taken": "", "Team told": "It was set in the room: done."}
    take(plan, edited, cora)
    assert item(plan, "Backup taken").removed_at is not None
    assert item(plan, "Team told").removed_at is None
    assert told(plan, edited) == []
    assert "- [x] Team told · added" in completed_document(plan)


def test_identical_texts_are_told_apart_by_their_order(plan, cora):
    first = ChecklistItem.objects.filter(plan=plan, text="Confirmed").order_by("position").first()
    set_item_state(first, "done", by=cora)
    take(plan, SOURCE.replace("- [ ] Team told", "- [ ] Team told\n- [ ] Confirmed at last"), cora)
    states = ChecklistItem.objects.filter(plan=plan, text="Confirmed").order_by("position")
    assert [row.state for row in states] == ["done", "open"]


def test_an_item_moves_with_its_tick(plan, cora):
    row = set_item_state(item(plan, "Team told"), "done", by=cora)
    edited = SOURCE.replace("- [ ] Team told\n", "").replace(
        "- [ ] Write report", "- [ ] Team told\n- [ ] Write report"
    )
    assert told(plan, edited) == [("moved", "Team told", "")]
    take(plan, edited, cora)
    row.refresh_from_db()
    assert (row.phase.title, row.state) == ("After", "done")
    assert row.revision == 2
    assert listed(plan, 2) == ["Watch errors", "Team told", "Write report"]
    event = plan.events.get(kind="plan.updated_from_document")
    assert (event.data["items"], event.data["phases"]) == ([row.number], [1, 2])


def test_new_phases_and_headings_stand_where_the_document_has_them(plan, cora):
    more = "## Between\n\n### Slowly\n\n- [ ] Wait\n  - [ ] And breathe\n\n## After"
    take(plan, SOURCE.replace("## After", more), cora)
    titles = list(Phase.objects.filter(plan=plan).values_list("title", flat=True))
    assert titles == ["Before", "Between", "After"]
    assert item(plan, "And breathe").parent == item(plan, "Wait")
    assert item(plan, "Wait").group.title == "Slowly"


def test_a_renamed_phase_keeps_its_items_and_loses_its_signature_visibly(plan, cora):
    phase = Phase.objects.get(plan=plan, number=1)
    role = plan.roles.get(key="technical-lead")
    signed = sign_off(plan, phase, role, "approved", by=cora)
    done = take(plan, SOURCE.replace("## Before", "## Well before"), cora)
    phase.refresh_from_db()
    assert phase.title == "Well before" and ChecklistItem.objects.filter(phase=phase).count() == 5
    assert "the document was edited" in signed.revocation.sentence
    assert "revokes the signature of Technical Lead" in done.said


def test_a_part_that_is_not_touched_keeps_its_signature(plan, cora):
    role = plan.roles.get(key="technical-lead")
    signed = sign_off(plan, Phase.objects.get(plan=plan, number=1), role, "approved", by=cora)
    take(plan, SOURCE.replace("Write report", "Write the report"), cora)
    assert not hasattr(type(signed).objects.get(pk=signed.pk), "revocation")


def test_what_is_not_chosen_is_not_asked_again(plan, cora):
    edited = SOURCE.replace("- [ ] Team told", "- [ ] Team told\n- [ ] Something else")
    take(plan, edited, cora, choices=[])
    assert plan.source_text == edited
    assert told(plan, edited) == [] and "Something else" not in listed(plan)
    assert "Something else<!--wr--> — not an item here" in completed_document(plan)


def test_a_choice_that_is_no_longer_true_is_refused(plan, cora):
    edited = SOURCE.replace("- [ ] Team told\n", "")
    reading = reread(plan, edited)
    (one,) = compare(plan, reading).differences
    set_item_state(item(plan, "Team told"), "done", by=cora)
    with pytest.raises(Refused):
        update_from_document(plan, reading, [one.key], by=cora)
    with pytest.raises(Refused):
        update_from_document(plan, reading, by=cora, seen_revision=plan.revision)
    plan.refresh_from_db()
    assert plan.source_text == SOURCE


def test_only_who_may_edit_takes_a_document_over(plan):
    with pytest.raises(NotAllowed):
        update_from_document(plan, reread(plan, "- [ ] x"), by=make_user("vera"))


def long_document(count, word="Step"):
    phases = (f"## Part {n}\n\n### Detail\n\n" for n in range(4))
    boxes = "".join(f"- [ ] {word} {n} of the work\n\n" for n in range(count // 4))
    return "# Big\n\n" + "".join(phase + boxes for phase in phases)


def costs(work):
    """SQL statements and steps."""
    with CaptureQueriesContext(connection) as statements:
        steps = steps_of(work)
    return len(statements), steps


def cost_of_taking_over(cora, count):
    """Half of the items are gone, as many are new, in parts of their own."""
    big = import_plan(long_document(count), by=cora, slug=f"big-{count}")
    for role in big.roles.all():
        Seat.objects.get_or_create(role=role, user=cora)
    edited = long_document(count // 2) + long_document(count // 2, "Wholly new").replace(
        "Part", "P"
    )
    compared = costs(lambda: compare(big, reread(big, edited)))
    reading = reread(big, edited)
    keys = [one.key for one in compare(big, reading).differences]
    taken = costs(lambda: update_from_document(big, reading, keys, by=cora))
    return compared, taken, costs(lambda: completed_document(big))


def test_a_long_document_costs_no_more_statements_and_linear_steps(cora):
    """Compared, taken over, written: four times the items, the same statements but for batches."""
    cost_of_taking_over(cora, 8)  # warm
    few, many = cost_of_taking_over(cora, 24), cost_of_taking_over(cora, 96)
    names, batches = ("compare", "take over", "write"), (0, 15, 0)
    for name, short, long, more in zip(names, few, many, batches, strict=True):
        assert long[0] <= short[0] + more <= 130, f"{name}: {short[0]} statements became {long[0]}"
        assert long[1] < STEPS * short[1], f"{name}: {short[1]} steps became {long[1]}"


def test_the_page_shows_what_differs_and_takes_over_what_is_chosen(plan, cora, client_of):
    browser = client_of(cora)
    assert b"Compare with the room" in browser.get("/plans/genesis/import").content
    edited = SOURCE.replace("- [ ] Team told\n", "").replace("Tests pass", "All tests pass")
    shown = browser.post("/plans/genesis/import", {"text": edited})
    assert b"Gone from the document" in shown.content and b"<del>Tests pass</del>" in shown.content
    keys = [one.key for one in compare(plan, reread(plan, edited)).differences]
    done = browser.post("/plans/genesis/import", {"text": edited, "apply": "1", "take": keys[:1]})
    assert (done.status_code, done.url) == (302, "/plans/genesis/checklist/")
    assert item(plan, "All tests pass") and item(plan, "Team told").removed_at is None


def test_the_page_says_what_changed_meanwhile_and_keeps_the_text(plan, cora, client_of):
    edited = SOURCE.replace("Tests pass", "All <b>tests</b> pass")
    keys = [one.key for one in compare(plan, reread(plan, edited)).differences]
    ChecklistItem.objects.filter(plan=plan, text="Tests pass").update(text="Other words")
    answer = client_of(cora).post(
        "/plans/genesis/import", {"text": edited, "apply": "1", "take": keys}
    )
    assert answer.status_code == 409
    assert b"changed meanwhile" in answer.content and b"Other words" in answer.content
    assert b"&lt;b&gt;tests" in answer.content and b"<b>tests" not in answer.content


def test_a_text_that_cannot_be_read_is_answered_with_its_line(plan, cora, client_of):
    answer = client_of(cora).post("/plans/genesis/import", {"text": "a\nb\0"})
    assert answer.status_code == 422 and b"Line 2." in answer.content


def put(plan, by, text, query="", scopes=("read", "edit")):
    _, token = make_token(by, list(scopes))
    return Client().put(
        f"/api/v1/plans/{plan.slug}/document{query}",
        text,
        content_type="text/markdown",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_pipeline_sees_the_comparison_and_takes_the_document_over(plan, cora):
    edited = SOURCE.replace("Tests pass", "All tests pass").replace("- [ ] Team told\n", "")
    set_item_state(item(plan, "Team told"), "done", by=cora)
    dry = put(plan, cora, edited, "?dry_run=1")
    assert dry.status_code == 200 and dry.json()["taken"] == {}
    assert [one["kind"] for one in dry.json()["differences"]] == ["changed", "gone"]
    assert item(plan, "Tests pass")
    assert put(plan, cora, edited, "?take=0123456789abcdef").status_code == 409
    assert put(plan, cora, edited, "?revision=0").status_code == 409
    assert put(plan, make_user("vera"), edited).status_code == 404
    assert put(plan, cora, edited, scopes=("read", "run")).status_code == 403
    watcher = make_user("watcher")
    seat(plan, watcher, "observer", "Observer", [])
    assert put(plan, watcher, edited).status_code == 403
    done = put(plan, cora, edited)
    assert done.json()["taken"] == {"changed": 1}
    assert item(plan, "All tests pass") and item(plan, "Team told").removed_at is None


def test_the_command_takes_a_document_over(plan, tmp_path, capsys):
    file = tmp_path / "list.md"
    file.write_text(SOURCE.replace("Tests pass", "All tests pass"))
    call_command("import_plan", str(file), into="genesis", dry_run=True)
    assert "changed: line 6: Tests pass (now reads:" in capsys.readouterr().out
    assert item(plan, "Tests pass")
    call_command("import_plan", str(file), into="genesis")
    assert "1 changed" in capsys.readouterr().out
    assert item(plan, "All tests pass")
