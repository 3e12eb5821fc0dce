"""Real documents there and back, where they lie beside the checkout; own samples elsewhere."""

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from checklists.documents import boxed
from checklists.models import ChecklistItem
from warroom.actions.imports import import_plan
from warroom.actions.reimports import compare, reread
from warroom.documents.marks import strip
from warroom.documents.writing import completed_document

pytestmark = pytest.mark.django_db

SHARED = Path(settings.BASE_DIR).parent / "shared"
PATHS = sorted([*SHARED.glob("corpus/documents/*.md"), *SHARED.glob("seeds/*.txt")])
STATES = ["open", "doing", "done", "failed", "blocked", "skipped", "not_applicable"]
AT = datetime(2025, 10, 23, 9, 16, tzinfo=UTC)
FIELDS = ["number", "text", "state", "state_reason", "value", "owner", "due_offset_s", "due_at"]
FIELDS += ["target", "command", "expected", "required", "blocking", "phase__title", "group__title"]
FIELDS += ["parent__number", "removed_reason"]


def shaken(plan, seed):
    """Every third item is set to some state by a person with words that try to break out."""
    dice = random.Random(seed)
    rows = list(ChecklistItem.objects.filter(plan=plan))
    for row in rows[::3]:
        row.state = dice.choice(STATES)
        row.state_reason = dice.choice(["", "a|b -->", "# x\n- [ ] y", "·<!--/wr-->·", "_é_"])
        row.value = dice.choice(["", "22/22", "98 % | `x`"])
        row.state_by_name, row.state_at = "Cora *B*", AT
        row.save()
    return plan


def rows_of(plan):
    return list(ChecklistItem.everything.filter(plan=plan).order_by("number").values(*FIELDS))


def without_marks(text):
    """The text with every box and state sign made alike."""
    text = re.sub(r"\[(?:\s{1,3}|x|X|[✅✓✔☑]\ufe0f?)(\\?\])", r"[ \1", text)
    text = re.sub(r":(?:white_check_mark|x):|[☐☑☒⬜🔲✅❌🚫🔄⏳📋⏭]\ufe0f?", "☐", text)
    return re.sub(r"(?<=\|)[^|\n]*(?=\|)", lambda cell: "" if _is_state(cell[0]) else cell[0], text)


def _is_state(cell):
    return boxed.reusable(cell.strip()) and len(cell) < 20


@pytest.mark.parametrize("part", range(8))
def test_a_real_document_comes_back_line_for_line_and_reads_as_the_same_release(part):
    if not PATHS:
        pytest.skip("the corpus does not lie beside the checkout")
    for number, path in list(enumerate(PATHS))[part::8]:
        plan = import_plan(path.read_bytes(), by="test", slug=f"a{number}")
        assert strip(completed_document(plan, AT))[0] == plan.source_text, path.name
        shaken(plan, number)
        first = completed_document(plan, AT)
        assert without_marks(strip(first)[0]) == without_marks(plan.source_text), path.name
        assert compare(plan, reread(plan, first)).differences == [], path.name
        again = import_plan(first, by="test", slug=f"b{number}")
        assert rows_of(again) == rows_of(plan), path.name
        assert again.signoffs.count() == 0
        second = completed_document(again, AT)
        assert second.rpartition("---\n\n*Completed")[0] == first.rpartition("---\n\n*Completed")[0]
