"""Rounds and success criteria in the completed document."""

from rollouts.models import SuccessCriterion, WatchRound
from warroom.documents.marks import escape
from warroom.documents.writing import Outline, Page, Writer, register_writer, stamp
from warroom.models import DeploymentPlan

MOST = 1000


class Success(Writer):
    """What each criterion came to, behind its line."""

    name = "success"
    order = 76

    def outline(self, plan: DeploymentPlan, outline: Outline) -> None:
        rows = list(SuccessCriterion.objects.filter(plan=plan))
        if rows:
            outline.heading(2, "Success Criteria")
        for row in rows:
            group = f"{row.group}: " if row.group else ""
            outline.note("success", row, f"- {escape(group + row.text)}")

    def write(self, page: Page) -> None:
        rows = SuccessCriterion.objects.filter(plan=page.plan).exclude(evaluated_at=None)
        for row in rows:
            if line := page.line_of("success", row):
                page.say(line, f" — {_said(row)}")


def _said(row: SuccessCriterion) -> str:
    word = {True: "met", False: "missed"}.get(row.met, "no data")
    parts = [word, escape(row.value_text), escape(row.reason)]
    said = ", ".join(part for part in parts if part)
    at = f", {stamp(row.evaluated_at)}" if row.evaluated_at else ""
    return f"{said} ({escape(row.evaluated_by)}{at})"


class Rounds(Writer):
    """Every round that came due, at the end of the document."""

    name = "rounds"
    order = 85

    def write(self, page: Page) -> None:
        rows = WatchRound.objects.filter(plan=page.plan).exclude(done_at=None, missed_at=None)
        found = rows.select_related("stage").defer("readings").order_by("due_at")[:MOST]
        said = [_row(one) for one in found]
        if said:
            head = ["| Round | Due | Done | Result | Note |", "|---|---|---|---|---|"]
            text = "\n".join(["**Monitoring rounds**", "", *head, *said])
            page.add(len(page.lines), text)


def _row(one: WatchRound) -> str:
    stage = f"{one.stage.number}." if one.stage else "Watching "
    done = f"{stamp(one.done_at)} by {_cell(one.done_by)}" if one.done_at else "missed"
    late = ", late" if one.late else ""
    cells = [f"{stage}{one.number}", stamp(one.due_at), done, _cell(one.result) + late]
    return f"| {' | '.join([*cells, _cell(one.note)])} |"


def _cell(text: str) -> str:
    """Words that keep the table whole."""
    return escape(" ".join(text.split())[:300])


for writer in (Success(), Rounds()):
    register_writer(writer)
