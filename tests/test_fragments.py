"""Every fragment and every page of a release that has everything in it, as its markup is.

Law 14: a fragment is the same for everybody, so it has a place, a number, and nothing typed in it.
"""

from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from checklists.actions.decisions import decide_gate
from checklists.actions.followups import open_followup
from checklists.actions.scenarios import start_scenario
from checklists.models import Criterion, Scenario
from rollouts.demo.rooms import ROLLOUT
from warroom.live import panels
from warroom.models import DeploymentPlan, User

pytestmark = pytest.mark.django_db
BECAUSE = "The evidence does not carry a release today."
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "path", "use", "wbr"}
TAPPED = {"checkbox", "radio", "hidden", "submit", "button"}
CONTROLS = {"button", "select", "textarea", "summary"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


class Markup(HTMLParser):
    """The elements of a piece of HTML with their attributes, and which of them are roots."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.roots: list[dict] = []
        self.labelled: set[str] = set()
        self._open: list[str] = []
        self._in_label: list[int] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs) | {"inside_label": "label" in self._open}
        self.elements.append((tag, found))
        if not self._open:
            self.roots.append(found)
        if tag == "label" and found.get("for"):
            self.labelled.add(found["for"])
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs) | {"inside_label": "label" in self._open}))

    def handle_endtag(self, tag):
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def twice(self) -> list[str]:
        """Ids that two elements have."""
        ids = Counter(found["id"] for _, found in self.elements if found.get("id"))
        return [one for one, count in ids.items() if count > 1]

    def nameless(self) -> list[str]:
        """Fields that no label, caption or title speaks for."""
        wanted = [
            found
            for tag, found in self.elements
            if tag in ("input", "select", "textarea")
            and found.get("type") not in ("hidden", "submit", "button")
        ]
        return [
            found.get("name") or found.get("id") or "?"
            for found in wanted
            if not found["inside_label"]
            and found.get("id") not in self.labelled
            and not (found.get("aria-label") or found.get("aria-labelledby") or found.get("title"))
        ]


@pytest.fixture
def full(settings, tmp_path) -> DeploymentPlan:
    """The demo's release under way, with a decision against the rule and what came of it."""
    settings.DEMO_SERVICE_URL = "http://127.0.0.1:9901"
    settings.FILES_DIR = tmp_path
    call_command("demo_room")
    plan = DeploymentPlan.objects.get(slug=ROLLOUT)
    cora = User.objects.get(username="cora")
    ahead = plan.gates.exclude(decisions__word__in=("go", "no-go")).first()
    decide_gate(ahead, "no-go", by=cora, rationale=BECAUSE)
    open_followup(plan, "Look at the queue", by=cora)
    armed = Scenario.objects.filter(plan=plan, state="armed").first()
    start_scenario(armed, by=cora)
    plan.refresh_from_db()
    return plan


def fragments_of(plan: DeploymentPlan):
    """Every fragment that this plan has: a few members of each family."""
    now, events = timezone.now(), list(plan.events.order_by("seq"))
    for panel in panels.shown_at(panels.ALL):
        touching = [event for event in events if panel.is_stale(event)]
        for key in list(panel.keys(plan, touching))[:4] if panel.is_family else [""]:
            html = panels.render(panel, plan, now, key)
            if html:
                yield f"{panel.name}-{key}" if key else panel.name, html


def test_every_fragment_has_its_place_and_its_number_and_nothing_of_one_reader(full):
    """Law 14, for whatever is registered: the same bytes for all, found again by id."""
    wrong, seen = [], set()
    for name, html in fragments_of(full):
        markup = Markup(html)
        seen.add(name)
        if [(one.get("id"), one.get("data-live")) for one in markup.roots] != [(name, name)]:
            wrong.append((name, "root", markup.roots))
        if [one.get("data-seq") for one in markup.roots] != [str(full.timeline_seq)]:
            wrong.append((name, "data-seq"))
        for tag, one in markup.elements:
            if tag == "textarea" or (tag == "input" and one.get("type") not in TAPPED):
                wrong.append((name, "a text field", one))
            if "csrf" in (one.get("name") or ""):
                wrong.append((name, "a token", one))
            if tag in CONTROLS and not one.get("id"):
                wrong.append((name, "a control without id", one))
        wrong += [(name, "an id twice", one) for one in markup.twice()]
    assert wrong == []
    assert {"followups", "risks", "load", "dryruns", "findings-list-all", "results"} <= seen


def pages_of(plan: DeploymentPlan) -> list[str]:
    gate, last = plan.gates.filter(decisions__word="no-go").first(), plan.gates.last()
    criterion = Criterion.objects.filter(gate=last).first()
    at = [plan.slug]
    named = (
        *("evidence", "findings", "trials", "dryruns", "risks", "followups", "readiness"),
        *("room", "timeline", "checklist", "checks", "settings", "risk-add", "scenario-add"),
    )
    return [
        *(reverse(name, args=at) for name in named),
        *(reverse(name, args=[*at, gate.key]) for name in ("gate", "meeting", "pack")),
        *(
            reverse(name, args=[*at, last.key])
            for name in ("gate", "gate-edit", "gate-absent", "branches", "criterion-add")
        ),
        reverse("decision-record", args=[*at, gate.key, gate.decisions.last().pk]),
        reverse("criterion-edit", args=[*at, last.key, criterion.key]),
        *(reverse("followup", args=[*at, one.number]) for one in plan.followups.all()[:2]),
        reverse("load-profile", args=[*at, "peak-load"]),
        reverse("result", args=[*at, plan.results.first().number]),
    ]


def test_every_page_has_one_heading_named_fields_and_ids_of_its_own(full, client):
    client.force_login(User.objects.get(username="cora"))
    wrong = []
    for address in pages_of(full):
        answer = client.get(address)
        assert answer.status_code == 200, address
        markup = Markup(answer.content.decode())
        tags = Counter(tag for tag, _ in markup.elements)
        if tags["h1"] != 1 or tags["main"] != 1:
            wrong.append((address, "h1", tags["h1"], "main", tags["main"]))
        levels = [int(tag[1]) for tag, _ in markup.elements if tag in HEADINGS]
        if any(after > before + 1 for before, after in pairwise(levels)):
            wrong.append((address, "headings leave a level out", levels))
        wrong += [(address, "an id twice", one) for one in markup.twice()]
        wrong += [(address, "a field without a name", one) for one in markup.nameless()]
    assert wrong == []


def test_a_first_paint_is_byte_for_byte_what_an_update_sends(full, client, monkeypatch):
    """Law 14, over every panel on every page: painted with the page, or sent later at that instant.

    A page that read what several members of a family show, and drew them otherwise, would differ.
    """
    instant = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: instant)
    client.force_login(User.objects.get(username="cora"))
    own = ("say", "phase-list")
    sent, differs, compared = dict(fragments_of(full)), [], set()
    for address in pages_of(full):
        page = client.get(address).content.decode()
        shown = [name for name in sent if f'data-live="{name}"' in page]
        compared |= set(shown)
        # "say" begins empty, so that it speaks news only; which phase is shown is the page's own.
        differs += [
            (address, name) for name in shown if name not in own and sent[name].strip() not in page
        ]
    assert differs == []
    assert {"strip", "verdict", "feed", "needs", "presence", "timeline", "phases"} <= compared
