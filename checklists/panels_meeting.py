"""What the meeting's page shows besides the parts of the gate's own page."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.models import Area
from checklists.panels import LIST, Context, GateFamily
from checklists.queries.beside import beside
from checklists.queries.criteria import CriterionRow
from checklists.queries.gates import GateSheet
from checklists.queries.pack import Mark
from checklists.rules.bands import Band
from warroom.live import panels
from warroom.models import DeploymentPlan

_RANK = {Band.GREEN: 0, Band.YELLOW: 1, Band.NO_DATA: 2, Band.RED: 3}


@dataclass(frozen=True)
class AreaRows:
    """The criteria of one area, and the worst that counts among them."""

    title: str
    rows: tuple[CriterionRow, ...]

    @property
    def worst(self) -> Mark | None:
        """None where nothing counts: what is only reported, or accepted, is no green."""
        counting = [
            row.band for row in self.rows if not row.criterion.report_only and not row.accepted
        ]
        return Mark(max(counting, key=_RANK.__getitem__).value) if counting else None

    @property
    def edge(self) -> str:
        """What holds is amber, as no data holds as well; "" where nothing counts."""
        if self.worst is None:
            return ""
        return {Band.GREEN: "ok", Band.RED: "bad"}.get(Band(self.worst.band), "warn")


def areas(sheet: GateSheet) -> list[AreaRows]:
    """Technical, operational, business, and what belongs to none; only those with criteria."""
    named = [*((area.value, str(area.label)) for area in Area), ("", _("Other"))]
    found = [
        AreaRows(title, tuple(row for row in sheet.criteria if row.criterion.area == key))
        for key, title in named
    ]
    chosen = [area for area in found if area.rows]
    if [area.title for area in chosen] == ["Other"]:  # where nobody names areas it says nothing
        return [AreaRows(_("Criteria"), chosen[0].rows)]
    return chosen


class MeetingPart(GateFamily):
    """A part of the meeting's page; one member per gate."""

    places = ("meeting",)
    slot = "meeting"
    refresh_s = 5


class MeetingAreas(MeetingPart):
    """Technical, operational and business criteria side by side."""

    name = "meeting-areas"
    template = "checklists/_meeting_areas.html"
    kinds = ("gate.", "criterion.", "waiver.", "evidence.", "plan.")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        found = super().context(plan, now, key)
        return found | {"areas": areas(found["sheet"])} if found else None


class MeetingOpen(MeetingPart):
    """What still stands in the way: items, votes; and what is open beside what the rule asks."""

    name = "meeting-open"
    template = "checklists/_meeting_open.html"
    kinds = (*LIST, "vote.", "gate.", "condition.", "signoff.", "plan.")
    kinds += ("finding.", "evidence.", "dryrun.", "load.", "risk.", "scenario.")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        found = super().context(plan, now, key)
        return found | {"beside": beside(plan, now)} if found else None


MEETING_PARTS = (MeetingAreas(), MeetingOpen(), panels.get("presence"))

for panel in MEETING_PARTS[:2]:
    panels.register(panel)
