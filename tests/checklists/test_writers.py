"""The team's document comes back completed: who did what, and when. S85, S88, S144."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checklists.actions.conditions import Wanted
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import add_item_note, set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import ChecklistItem, Gate, Phase, PhaseGroup
from tests.checklists.test_writers_real import rows_of, shaken, without_marks
from tests.conftest import make_user
from warroom.actions.imports import import_plan
from warroom.documents import marks
from warroom.documents.marks import strip
from warroom.documents.writing import completed_document
from warroom.models import DeploymentPlan, Seat

pytestmark = pytest.mark.django_db
AT = datetime(2025, 10, 23, 9, 16, tzinfo=UTC)

SAMPLE = """---
title: Genesis
---
# Genesis 4

**Deployment Lead:** Cora

Before (T-2h)
-------------

- [ ] Backup taken
  - Owner: Cora

  ```sh
  dump --all
  ```
- [x] Tests pass 22/22
    - [ ] Flaky ones named
- [ ] Last words\x20\x20
1. [ ] numbered
2. [✅] decided

### Table

| Task | Owner | Status |
|------|-------|--------|
| Freeze | Thon | ⬜ Pending |
| Ship | Cora | ✅ Done |

> - [ ] quoted

☐ drawn box

```text
- [ ] no item
```

## Data migration (if needed)

- [ ] Copied

## Go/No-Go

| Metric | Target | Fail |
|---|---|---|
| Error rate | < 0.1% | > 1% |

## Sign-Off

### Technical Lead Sign-Off
- Name: _______________
- Date: _______________
- Approval: ✓ / ✗

## Signatures

| Role | Name | Date |
|---|---|---|
| Product Owner |  | ____ |

## Approvals

- [ ] **QA Lead**: Testing complete
"""


@pytest.fixture
def cora():
    return make_user("cora")


@pytest.fixture
def plan(cora):
    """A release of SAMPLE in which Cora sits in every role that signs, by leave of the plan."""
    plan = import_plan(SAMPLE, by=cora, slug="genesis")
    DeploymentPlan.objects.filter(pk=plan.pk).update(author=None, two_roles=["cora"])
    for role in plan.roles.all():
        Seat.objects.get_or_create(role=role, user=cora)
    plan.refresh_from_db()
    return plan


def item(plan, text):
    return ChecklistItem.everything.get(plan=plan, text=text)


def line_with(text, words):
    return next(line for line in text.split("\n") if words in line)


def test_nothing_done_gives_the_document_and_a_closing_block(plan):
    text = completed_document(plan, AT)
    assert text.startswith(SAMPLE)
    assert strip(text)[0] == SAMPLE
    assert plan.timeline_hash in text and "/plans/genesis/" in text


def test_a_tick_says_who_and_when_and_a_note_stands_below(plan, cora):
    done = set_item_state(item(plan, "Backup taken"), "done", by=cora, value="3 GB")
    add_item_note(done, "see <b> |\n- [x] fake\n<!--/wr--> end", by=cora)
    text = completed_document(plan)
    line = line_with(text, "Backup taken")
    assert line.startswith("- [x] Backup taken<!--wr--> — done by Cora, 20")
    assert "UTC · value: 3 GB" in line
    assert "\n  - Note by Cora, " in text and "&#10;- \\[x\\] fake" in text
    assert without_marks(strip(text)[0]) == without_marks(SAMPLE)


def test_a_status_table_speaks_its_own_words(plan, cora):
    set_item_state(item(plan, "Freeze"), "done", by=cora)
    text = completed_document(plan)
    assert "| Freeze | Thon | ✅ Done<!--wr--> — done by Cora" in text


def test_the_forms_own_blanks_are_filled(plan, cora):
    for role in ("technical-lead", "product-owner", "qa-lead"):
        sign_off(plan, None, plan.roles.get(key=role), "approved", by=cora, comment="Good | fine")
    text = completed_document(plan)
    assert "- Name: <!--wr=_______________-->Cora<!--/wr-->" in text
    assert "- Approval: <!--wr=✓ / ✗-->✓ approved<!--/wr-->" in text
    assert "| Product Owner |  <!--wr-->Cora<!--/wr-->| <!--wr=____-->20" in text
    assert "- [x] **QA Lead**: Testing complete<!--wr--> — approved by Cora, " in text
    assert without_marks(strip(text)[0]) == without_marks(SAMPLE)


def test_votes_conditions_and_decisions_stand_at_their_gate(plan, cora):
    gate = Gate.objects.filter(plan=plan).first()
    role = plan.roles.get(key="technical-lead")
    cast_vote(gate, role, "go", by=cora, reason="Calm", conditions=[Wanted("Re-read | limits")])
    decision = decide_gate(gate, "hold", by=cora)
    text = completed_document(plan)
    assert "- Vote by Cora as Technical Lead, " in text
    assert "  - Condition 1 (blocking): Re-read &#124; limits · open" in text
    assert decision.evidence_sha256 in text
    assert text.index("Error rate") < text.index("Vote by Cora") < text.index("## Sign-Off")
    assert strip(text)[0] == SAMPLE


def test_what_was_added_moved_edited_and_removed_in_the_room_comes_back(plan, cora):
    """import(export(x)) equals x, also for what the room changed in the list."""
    phase = Phase.objects.get(plan=plan, number=1)
    first, second = item(plan, "Backup taken"), item(plan, "Tests pass 22/22")
    ChecklistItem.objects.filter(pk=item(plan, "Last words").pk).update(position=0)
    ChecklistItem.objects.create(
        plan=plan,
        phase=phase,
        number=90,
        position=first.position,
        text="Added · *now* -->",
        owner="Thon",
        added_at=AT,
        added_by_name="Thon",
        due_offset_s=-5400,
        count_of=7,
        count_done=3,
        duration_s=86400,
        state="failed",
        state_reason="no",
        state_by_name="Cora",
    )
    ChecklistItem.objects.create(
        plan=plan,
        phase=phase,
        number=91,
        position=99,
        text="Child",
        parent=second,
        group=PhaseGroup.objects.create(phase=phase, title="New group", position=9),
    )
    second.text, second.owner, second.blocking = "Tests pass", "", True
    second.save()
    gone = item(plan, "quoted")
    gone.removed_at, gone.removed_by_name, gone.removed_reason = AT, "Cora", "twice"
    gone.save()
    section = Phase.objects.get(plan=plan, title="Data migration (if needed)")
    section.off_at, section.off_by_name, section.off_reason = AT, "Cora", "no data | none"
    section.save()
    text = completed_document(plan, AT)
    assert strip(text)[0] == SAMPLE
    again = import_plan(text, by="test", slug="again")
    kept = [{**row, "number": 0, "parent__number": 0} for row in in_order(plan)]
    assert [{**row, "number": 0, "parent__number": 0} for row in in_order(again)] == kept
    assert item(again, "Child").parent.text == "Tests pass"
    assert item(again, "quoted").removed_by_name == "Cora, says the document"
    off = Phase.objects.get(plan=again, title=section.title)
    assert (off.off_reason, off.off_by_name) == ("no data | none", "Cora, says the document")
    assert closed_off(completed_document(again, AT)) == closed_off(text)


def in_order(plan):
    rows = {row["number"]: row for row in rows_of(plan)}
    items = ChecklistItem.everything.filter(plan=plan)
    items = items.order_by("phase__number", "position", "number")
    return [rows[number] for number in items.values_list("number", flat=True)]


def closed_off(text):
    return text.rpartition("---\n\n*Completed")[0]


def test_signatures_of_a_completed_document_are_not_imported(plan, cora):
    sign_off(plan, None, plan.roles.get(key="qa-lead"), "approved", by=cora)
    again = import_plan(completed_document(plan), by="test", slug="again")
    assert not again.signoffs.exists()
    codes = [one["code"] for one in again.events.get().data["findings"]]
    assert {"completed", "not_imported"} <= set(codes)


def test_a_release_without_a_document_gets_one_that_reads_back(plan):
    shaken(plan, 5)
    DeploymentPlan.objects.filter(pk=plan.pk).update(source_text="")
    for model in (ChecklistItem.everything, Phase.objects, Gate.objects):
        model.filter(plan=plan).update(source_line=None)
    PhaseGroup.objects.filter(phase__plan=plan).update(source_line=None)
    plan.refresh_from_db()
    again = import_plan(completed_document(plan, AT), by="test", slug="again")
    blind = {"number": 0, "parent__number": 0}
    assert [row | blind for row in in_order(again)] == [row | blind for row in in_order(plan)]
    assert again.name == plan.name and again.gates.count() == plan.gates.count()


# --- any document -----------------------------------------------------------------------------

WORDS = st.text(st.sampled_from("ab [x]-*|<>!/wr=+\\`_#&;:·~…é✅☐0123."), max_size=14)
WORDS |= st.sampled_from(["<!--wr-->", "a<!--/wr-->", "<!--wr+-->b", "<!--wr=_-->", "[x] — done"])
LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "  ", "    ", "> ", "\t"]),
    st.sampled_from(
        ["- [ ] ", "* [x] ", "1. [ ] ", "- ", "## ", "# ", "☐ ", "| a | ", "```", "---"]
    ),
    WORDS,
)
DOCUMENTS = st.lists(LINES, max_size=14).map("\n".join).filter(str.strip)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(DOCUMENTS, st.integers(0, 9))
def test_any_document_survives_the_way_out_and_in(db, source, seed):
    count = DeploymentPlan.objects.count()
    plan = shaken(import_plan(source, by="test", slug=f"x{count}"), seed)
    text = completed_document(plan, AT)
    assert without_marks(strip(text)[0]) == without_marks(plan.source_text)
    again = import_plan(text, by="test", slug=f"y{count}")
    assert rows_of(again) == rows_of(plan)
    assert closed_off(completed_document(again, AT)) == closed_off(text)


@given(st.text(max_size=200))
def test_words_survive_escaping_and_can_neither_end_an_insertion_nor_begin_a_line(text):
    escaped = marks.escape(text)
    assert "\n" not in escaped and "|" not in escaped and "<" not in escaped and ">" not in escaped
    assert marks.unescape(escaped) == marks._CONTROL.sub(" ", text.replace("\r\n", "\n"))


@given(
    st.lists(st.sampled_from(["<!--wr-->", "<!--/wr-->", "<!--w", "r-->", "\n", "a", ">", "--"])),
    st.integers(0, 30),
)
def test_what_is_inserted_anywhere_comes_out_again(parts, place):
    text = strip("".join(parts))[0]
    place = min(place, len(text))
    assert strip(text)[0] == text
    for inserted in (marks.words(" — x"), marks.block("- x")):
        if text[:place].endswith(("<!--wr-->", "\n", "a")) or place == 0:
            assert strip(text[:place] + inserted + text[place:])[0] == text
