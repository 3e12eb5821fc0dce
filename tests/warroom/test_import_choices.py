"""What a person chooses in the preview, and a document that joins a release. S19 S20 S47 S96."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from checklists.models import SignOff
from tests.conftest import make_user
from warroom.actions.extensions import import_into
from warroom.actions.imports import import_plan
from warroom.actions.refusals import NotAllowed, Refused
from warroom.actions.tokens import make_token
from warroom.documents.choices import as_text, from_text
from warroom.documents.reading import understand
from warroom.models import DeploymentPlan, Seat
from warroom.views.previews import SELECTS_SHOWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def cora(db):
    return make_user("cora")


CHOOSE = """\
# Night work

## Before

- [ ] Tell the desk

Checklist:

- Warm the cache
- Drain the queue

[ ] Ring the bell

```markdown
- [ ] Boxed in a template
- [x] Ticked in a template
```

## Sign-off

- [ ] On-Call: Thon
- [ ] **QA Lead**: ____
"""


def preview(client, text=CHOOSE, **values):
    return client.post(reverse("import"), {"text": text, **values})


def test_a_guessed_line_carries_a_select_and_a_certain_one_none(cora, client_of):
    """Only what the readers guessed, or left, can be chosen. S85: a signer with a holder."""
    page = preview(client_of(cora)).content.decode()
    assert 'name="line_9"' in page and 'name="line_15"' in page and 'name="line_21"' in page
    assert 'name="line_5"' not in page
    assert "Make items of 2 boxes of a template" in page
    assert "Make items of all 5 lines" in page


def test_a_choice_is_read_again_and_nothing_typed_is_lost(cora, client_of):
    typed = {"name": "My name", "slug": "my-name", "t0": "2030-01-01 10:00", "show": "all"}
    answer = preview(client_of(cora), **typed, line_9="item", line_12="item", line_10="")
    page = answer.content.decode()
    assert "as you chose" in page
    assert 'value="My name"' in page and 'value="2030-01-01 10:00"' in page
    assert 'name="choices" value="9:item,12:item"' in page
    assert "Create release with 3 items" in page


def test_a_choice_travels_with_the_form_and_can_be_taken_back(cora, client_of):
    page = preview(client_of(cora), choices="9:item,12:item", line_12="", show="all")
    assert 'name="choices" value="9:item"' in page.content.decode()


def test_a_whole_block_is_taken_at_once(cora, client_of):
    page = preview(client_of(cora), bulk="14:item", show="all").content.decode()
    assert 'value="15:item,16:item"' in page
    page = preview(client_of(cora), bulk="all:item", show="all").content.decode()
    assert "Create release with 6 items" in page


def test_script_gets_the_form_alone(cora, client_of):
    answer = client_of(cora).post(
        reverse("import"), {"text": CHOOSE, "line_9": "item"}, headers={"HX-Request": "true"}
    )
    assert answer.content.decode().lstrip().startswith("<form")


def test_choices_that_are_none_are_refused_in_words_and_the_text_kept(cora, client_of):
    answer = preview(client_of(cora), choices="9:nonsense")
    assert answer.status_code == 422
    assert "is no choice" in answer.content.decode() and "Warm the cache" in answer.content.decode()


def test_what_was_chosen_goes_into_the_release_and_its_event(cora, client_of):
    """The event keeps the choices, so that the document can be read alike later."""
    values = {"name": "N", "slug": "n", "create": "1", "choices": "9:item,21:item,16:item"}
    answer = preview(client_of(cora), **values, seen="on")
    assert answer.status_code == 302, answer.content.decode()
    plan = DeploymentPlan.objects.get(slug="n")
    assert {i.text: i.state for i in plan.items.all()} == {
        "Tell the desk": "open",
        "Warm the cache": "open",
        "Ticked in a template": "done",
        "On-Call: Thon": "open",
    }
    assert plan.events.first().data["choices"] == {"9": "item", "16": "item", "21": "item"}
    assert not plan.roles.filter(key="on-call").exists()


def test_a_box_that_names_a_role_and_a_person_seats_a_signer(cora):
    plan = import_plan(CHOOSE, by=cora)
    thon = plan.roles.get(key="on-call")
    assert (thon.holder, "sign" in thon.rights) == ("Thon", True)
    assert plan.items.count() == 1


def test_a_document_is_added_to_a_release_as_new_phases(cora):
    """S98 S117: a second checklist joins a release that runs; nothing there changes."""
    plan = import_plan(CHOOSE, by=cora)
    before = {i.pk: (i.number, i.text, i.revision) for i in plan.items.all()}
    more = "# More\n## After\n- [ ] Watch\n  - [ ] Look twice\n## Before\n- [ ] Tell the desk\n"
    import_into(plan, more, by=cora, source_name="more.md")
    assert {
        i.pk: (i.number, i.text, i.revision) for i in plan.items.filter(pk__in=before)
    } == before
    assert [p.title for p in plan.phases.order_by("number")] == ["Before", "After"]
    watch, twice = plan.items.exclude(pk__in=before).order_by("number")
    assert (watch.number, twice.parent, watch.source_line) == (2, watch, None)
    event = plan.events.order_by("-seq").first()
    assert event.kind == "plan.extended"
    assert event.data["added"]["items"] == 2
    plan.refresh_from_db()
    assert plan.name == "Night work" and "Night work" in plan.source_text


def test_a_document_that_brings_nothing_new_is_refused(cora):
    plan = import_plan(CHOOSE, by=cora)
    with pytest.raises(Refused, match="nothing was added"):
        import_into(plan, CHOOSE, by=cora)
    assert plan.events.count() == 1


def test_only_who_may_edit_adds_to_a_release(cora, client_of):
    plan = import_plan(CHOOSE, by=cora)
    other = make_user("stranger")
    with pytest.raises(NotAllowed):
        import_into(plan, CHOOSE, by=other)
    assert "as new phases" not in client_of(other).get(reverse("import")).content.decode()
    assert "as new phases" in client_of(cora).get(reverse("import")).content.decode()


def test_the_page_adds_to_a_release_that_was_chosen(cora, client_of):
    plan = import_plan(CHOOSE, by=cora)
    text = "# More\n\n## After\n\n- [ ] Watch\n"
    page = preview(client_of(cora), text, into=plan.slug).content.decode()
    assert "Add to Night work" in page
    answer = preview(client_of(cora), text, into=plan.slug, create="1")
    assert answer.status_code == 302
    again = preview(client_of(cora), text, into=plan.slug, create="1")
    assert again.status_code == 409 and "nothing was added" in again.content.decode()


def test_adding_to_a_release_takes_back_what_was_signed_as_a_whole(cora):
    """Law 4: the list is no longer what was signed."""
    plan = import_plan(CHOOSE, by=cora)
    role = plan.roles.get(key="on-call")
    Seat.objects.create(role=role, user=cora)
    signoff = SignOff.objects.create(
        plan=plan, role=role, person=cora, person_name="Cora", word="approved",
        statement="All of it", at=timezone.now(),
    )  # fmt: skip
    import_into(plan, "# More\n\n## After\n\n- [ ] Watch\n", by=cora, source_name="more.md")
    assert "the import of more.md" in signoff.revocation.sentence
    assert plan.events.order_by("-seq").first().data["revoked_whole"] == ["on-call"]


def test_the_command_takes_choices_and_every_offer(tmp_path):
    path, out = tmp_path / "a.md", StringIO()
    path.write_text(CHOOSE)
    call_command("import_plan", path, "--choices", "9:item", "--dry-run", "--json", stdout=out)
    assert json.loads(out.getvalue())["understood"]["items"] == 2
    out = StringIO()
    call_command("import_plan", path, "--make-items", "--dry-run", "--json", stdout=out)
    assert json.loads(out.getvalue())["understood"]["items"] == 6
    with pytest.raises(CommandError, match="is no choice"):
        call_command("import_plan", path, "--choices", "nine", "--dry-run")


def test_choices_survive_the_way_through_a_form():
    assert from_text(as_text({9: "item", 3: "text"})) == {3: "text", 9: "item"}
    with pytest.raises(ValueError, match="is no choice"):
        from_text("1:item;2")


def test_a_choice_that_makes_no_sense_is_said_and_changes_nothing():
    plain, odd = understand(CHOOSE), understand(CHOOSE, {1: "item", 999: "item", 3: "signer"})
    assert odd.understanding.counts == plain.understanding.counts
    codes = [finding.code for finding in odd.understanding.findings]
    assert codes.count("choice_unused") == 3


def test_a_heading_can_be_a_group_of_the_phase_above_or_a_phase_of_its_own():
    text = "# A\n\n## One\n\n- [ ] a\n\n## Two\n\n- [ ] b\n\n### Three\n\n- [ ] c\n"

    def phases(choices=None):
        return [p.title for p in understand(text, choices).understanding.parts["phases"]]

    assert phases() == ["One", "Two"]
    assert phases({7: "group"}) == ["One"]
    assert phases({11: "phase"}) == ["One", "Two", "Three"]


def test_an_offset_without_a_unit_counts_what_somebody_says():
    text = "# A\n\n## Freeze (T-24)\n\n- [ ] a\n\n## Docs, T-minus 3 working days\n\n- [ ] b\n"

    def dues(choices=None):
        phases = understand(text, choices).understanding.parts["phases"]
        return [item.details.due_offset_s for phase in phases for item in phase.items]

    assert dues() == [None, None]
    assert dues({3: "hours"}) == [-86_400, None]
    assert dues({3: "days", 7: "days"}) == [-24 * 86_400, -3 * 86_400]


def test_another_dated_line_can_be_t0():
    text = "# A\n\n**Go-Live:** 2030-01-02 09:00 UTC\n**Backup closes:** 2030-01-01 08:00 UTC\n"
    assert understand(text).understanding.t0.at.day == 2
    assert understand(text, {4: "t0"}).understanding.t0.at.day == 1
    assert understand(text, {3: "fact"}).understanding.t0 is None


def test_a_long_page_of_guesses_carries_no_more_controls_than_a_form_may_send(cora, client_of):
    text = "# A\n\n## Checklist\n\n" + "- bullet\n" * 3_000
    page = preview(client_of(cora), text).content.decode()
    assert page.count('class="in imp__c"') == SELECTS_SHOWN
    assert "2200 more follow" in page
    taken = preview(client_of(cora), text, bulk="5:item", show="all:800")
    assert "Create release with 3000 items" in taken.content.decode()


def test_the_api_takes_choices_and_refuses_what_is_none(cora, client):
    _, secret = make_token(cora, ["read"])

    def post(query):
        return client.post(
            f"/api/v1/plans?dry_run=1&{query}",
            CHOOSE,
            content_type="text/markdown",
            headers={"Authorization": f"Bearer {secret}"},
        )

    assert post("choices=9:item").json()["understood"]["items"] == 2
    assert post("make_items=1").json()["understood"]["items"] == 6
    refused = post("choices=nine")
    assert (refused.status_code, refused.json()["field"]) == (422, "choices")


WINDOWED = """\
# Night move

**Go-live:** 2031-11-24 09:00 CET
**Window:** 2031-11-24 09:00 - 13:00

## Phase 1: Before

| Check | Target |
|---|---|
| a | 1 |

- [ ] Attach all 7 reports @thon

## Phase 2: Move

Move the addresses with the desk:

- Lower the TTL
- Switch the record

## Phase 3: After

- [ ] Watch errors for 24 h

### Success criteria

- No page for an hour
- Errors low
"""


def became(text=WINDOWED, choices=None):
    reading = understand(text, choices or {})
    lines = text.splitlines()
    return reading.understanding, {lines[n.number - 1]: n for n in reading.understanding.lines}


def test_the_window_of_the_header_becomes_the_plans(cora):
    found, lines = became()
    window = lines["**Window:** 2031-11-24 09:00 - 13:00"]
    assert window.label == "Window 24 Nov 2031 08:00 to 24 Nov 2031 12:00 UTC"
    assert window.offer.now == "window"
    plan = import_plan(WINDOWED, by=cora)
    assert f"{plan.window_start:%d %H:%M} {plan.window_end:%d %H:%M}" == "24 08:00 24 12:00"
    assert plan.t0 == plan.window_start
    found, _ = became(choices={4: "fact"})
    assert found.window is None


def test_bullets_of_a_phase_without_boxes_can_become_items():
    _, lines = became()
    line = lines["- Lower the TTL"]
    assert line.offer.now == "text" and "item" in line.offer.kinds
    _, lines = became(choices={line.number: "item"})
    assert lines["- Lower the TTL"].label.startswith("Item ")


def test_a_chosen_exit_criterion_says_what_it_became():
    _, lines = became()
    line = lines["- No page for an hour"]
    assert (line.label, line.offer.now) == ("Exit criterion of phase 2", "exit")
    _, lines = became(choices={line.number: "item"})
    assert lines["- No page for an hour"].label.startswith("Item 2.")
    assert lines["- Errors low"].label == "Exit criterion of phase 2"
    _, lines = became(choices={line.number: "text"})
    assert "Exit" not in lines["- No page for an hour"].label


def test_the_preview_says_owner_count_and_timer_and_shows_no_empty_tick(cora, client_of):
    _, lines = became()
    label = lines["- [ ] Attach all 7 reports @thon"].label
    assert "for @thon" in label and "counts 0 of 7" in label
    assert "runs 1 d" in lines["- [ ] Watch errors for 24 h"].label
    page = preview(client_of(cora), WINDOWED).content.decode()
    assert "<b></b></span>" not in page
