"""What is new in rooms, as bytes: the part of the hub that touches database and templates.

Runs in one thread per process. Each fragment is rendered once per look, however many streams and
places show it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.utils import timezone

from warroom.live import kept, meters, panels
from warroom.live.panels import ALL
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.queries import timeline

log = structlog.get_logger()

FAR_BEHIND = 1000  # events; beyond, a page is told to load itself anew

Fragment = tuple[panels.Panel, str]
_PLACE = re.compile("[a-z]{1,20}")
# What moves although nothing changed: the sequence number, and the text of clocks, which run by
# themselves in the browser.
_SEQ = re.compile(r' data-seq="\d+"')
_CLOCK = re.compile(r"(<[^>]*\bdata-(?:utc|clock|countdown|elapsed|ago)\b[^>]*>)[^<]*")


@dataclass(frozen=True)
class Newcomer:
    """A stream that joins: it has seen ``after`` (None: the page that it was just given)."""

    place: str
    after: int | None


@dataclass
class Question:
    """What the hub wants to know of one plan. ``seq`` is the last event it has passed on."""

    plan_id: int
    seq: int | None
    places: frozenset[str]
    newcomers: frozenset[Newcomer]
    rung: frozenset[str]  # panels that changed without an event
    due: frozenset[str]  # panels whose period is over
    kept: dict[str, str]  # fragment id -> its last HTML without the sequence number


@dataclass
class Answer:
    seq: int
    broadcast: dict[str, str] = field(default_factory=dict)  # place -> HTML
    welcome: dict[Newcomer, str] = field(default_factory=dict)
    lost: set[Newcomer] = field(default_factory=set)  # must load their pages anew
    all_lost: bool = False
    seats_moved: bool = False  # somebody may have lost the right to be told this
    kept: dict[str, str] = field(default_factory=dict)


class Rendering:
    """The fragments of one plan at one instant, each rendered at most once.

    ``changed`` names panels that may differ although no event says so. What is rendered here is
    kept for pages, so that nobody's first paint is older than what others were told.
    """

    def __init__(
        self, plan: DeploymentPlan, now: datetime, changed: frozenset[str] = frozenset()
    ) -> None:
        self.plan, self.now, self.changed = plan, now, changed
        self._html: dict[str, str] = {}

    def html(self, fragment: Fragment) -> str:
        fragment_id = id_of(fragment)
        if fragment_id not in self._html:
            self._html[fragment_id] = self._render(fragment)
        return self._html[fragment_id]

    def all_of(self, fragments: Iterable[Fragment]) -> list[str]:
        return [html for fragment in fragments if (html := self.html(fragment))]

    def plain_html(self, fragments: Iterable[Fragment]) -> dict[str, str]:
        return {id_of(fragment): plain(self.html(fragment)) for fragment in fragments}

    def _render(self, fragment: Fragment) -> str:
        panel, key = fragment
        meters.RENDERED.labels(panel.name).inc()
        try:
            render = kept.render_anew if panel.name in self.changed else kept.render
            html = render(panel, self.plan, self.now, key)
        except Exception:
            # One broken panel must not silence the others; its page shows the error on reload.
            meters.FAILED.labels(panel.name).inc()
            log.exception("a panel could not be rendered", panel=panel.name, key=key)
            return ""
        return html or panels.nothing(self.plan, id_of(fragment))


def id_of(fragment: Fragment) -> str:
    panel, key = fragment
    return f"{panel.name}-{key}" if key else panel.name


def plain(html: str) -> str:
    """The HTML without what moves by itself, to tell whether anything else did."""
    return _CLOCK.sub(r"\1", _SEQ.sub("", html))


def place_of(text: str) -> str:
    """'gate:gate-1' is the place 'gate'; nothing said is every place. Keys are the client's."""
    word = text.split(":", 1)[0]
    return word if _PLACE.fullmatch(word) else ALL


def look(questions: Sequence[Question]) -> dict[int, Answer]:
    """Answer each question about whose plan there is news: one statement when there is none."""
    asked = {question.plan_id: question for question in questions}
    heads = dict(DeploymentPlan.objects.filter(pk__in=asked).values_list("pk", "timeline_seq"))
    wanted = [
        plan_id
        for plan_id, seq in heads.items()
        if seq != asked[plan_id].seq
        or asked[plan_id].newcomers
        or asked[plan_id].rung
        or asked[plan_id].due
    ]
    if not wanted:
        return {}
    plans = DeploymentPlan.objects.defer("source_text").filter(pk__in=wanted)
    now = timezone.now()
    return {plan.pk: answer(asked[plan.pk], plan, now) for plan in plans}


def answer(question: Question, plan: DeploymentPlan, now: datetime) -> Answer:
    """Render what is stale in ``plan`` for every place and newcomer of the question."""
    rendering = Rendering(plan, now, question.rung | question.due)
    told = Answer(plan.timeline_seq)
    since = plan.timeline_seq if question.seq is None else question.seq
    starts = [since, *(one.after for one in question.newcomers if one.after is not None)]
    events = events_after(plan, min((seq for seq in starts if not is_lost(plan, seq)), default=0))
    told.all_lost = is_lost(plan, since)
    told.seats_moved = told.all_lost or any(
        event.seq > since and event.kind.startswith(("seat.", "role.", "wall.")) for event in events
    )
    for place in question.places:
        fragments = gone_stale(plan, events, since, place)
        unsaid = [one for one in _unsaid(question, place, plan) if one not in fragments]
        changed = _changed(rendering, unsaid, question.kept)
        told.broadcast[place] = "\n".join([*rendering.all_of(fragments), *changed])
        told.kept |= rendering.plain_html([*fragments, *unsaid])
    for one in question.newcomers:
        after = plan.timeline_seq if one.after is None else one.after
        fragments = gone_stale(plan, events, after, one.place)
        # What ages may have turned, and been told to the others, after this page was painted.
        fragments += [aged for aged in ageing(plan, one.place) if aged not in fragments]
        told.welcome[one] = "\n".join(rendering.all_of(fragments))
        if not question.places:  # nobody else is there who would still have to be told
            told.kept |= rendering.plain_html(fragments)
        if is_lost(plan, after):
            told.lost.add(one)
    return told


def caught_up(plan: DeploymentPlan, after: int | None, place: str, now: datetime) -> str:
    """All that went stale or aged in a place since ``after``, in one piece; None: everything."""
    rendering = Rendering(plan, now)
    if after is None:
        return "\n".join(rendering.all_of(everything(plan, place)))
    stale = gone_stale(plan, events_after(plan, after), after, place)
    stale += [one for one in ageing(plan, place) if one not in stale]
    return "\n".join(rendering.all_of(stale))


def everything(plan: DeploymentPlan, place: str) -> list[Fragment]:
    return _all_of(plan, panels.shown_at(place))


def is_lost(plan: DeploymentPlan, seq: int) -> bool:
    """Whether a reader who has seen ``seq`` cannot be told what changed since.

    Too far behind, or ahead of us: then the database was restored from a backup, and what the
    reader saw is gone.
    """
    return seq > plan.timeline_seq or plan.timeline_seq - seq > FAR_BEHIND


def events_after(plan: DeploymentPlan, seq: int) -> list[TimelineEvent]:
    """The events after ``seq``; none for a reader who is lost."""
    if seq == plan.timeline_seq or is_lost(plan, seq):
        return []
    return list(timeline.after(plan, seq))


def gone_stale(
    plan: DeploymentPlan, events: Sequence[TimelineEvent], after: int, place: str
) -> list[Fragment]:
    """The fragments of a place that went stale after ``after``, each once; all for the lost."""
    if is_lost(plan, after):
        return everything(plan, place)
    newer = [event for event in events if event.seq > after]
    return panels.stale(place, plan, newer) if newer else []


def ageing(plan: DeploymentPlan, place: str) -> list[Fragment]:
    """The fragments of a place that change by the passing of time alone."""
    return _all_of(plan, [panel for panel in panels.shown_at(place) if panel.refresh_s])


def _unsaid(question: Question, place: str, plan: DeploymentPlan) -> list[Fragment]:
    """What may have changed without an event: named by a ring, or its period is over."""
    names = question.rung | question.due
    return _all_of(plan, [panel for panel in panels.shown_at(place) if panel.name in names])


def _all_of(plan: DeploymentPlan, chosen: Iterable[panels.Panel]) -> list[Fragment]:
    return [(panel, key) for panel in chosen for key in panel.keys(plan, ())]


def _changed(rendering: Rendering, fragments: list[Fragment], kept: dict[str, str]) -> list[str]:
    """The HTML of those fragments that no longer look as they did when they were last sent."""
    return [
        html
        for fragment in fragments
        if (html := rendering.html(fragment)) and kept.get(id_of(fragment)) != plain(html)
    ]
