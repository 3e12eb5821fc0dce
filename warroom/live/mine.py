"""What needs one person, over all the releases that they may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from warroom.live import needs as room
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Right, TimelineEvent, User
from warroom.queries.people import Standing, standing
from warroom.queries.plans import plans_for
from warroom.rules.lifecycle import ENDED, LIVE

NOW = timedelta(minutes=15)
MOST_PLANS = 40
SHOWN = 20
ANYBODY, ANYBODYS = Right.TICK.value, 3  # of each release
HOUR = timedelta(hours=1)
AGES, MOST_COUNTED = timedelta(seconds=30), 1000


@dataclass(frozen=True)
class Asked:
    """A need with the release that it stands in, and as what this person is asked."""

    plan: DeploymentPlan
    need: Need
    role: str
    more: int = 0  # so many others of the release that are anybody's and are not listed
    presses: bool = False  # it is late, due within minutes, or what a live release asks for now


@dataclass(frozen=True)
class Held:
    """A release that a person takes part in, with their roles."""

    plan: DeploymentPlan
    roles: str


@dataclass(frozen=True)
class Mine:
    """Everything on the page at one instant (UTC)."""

    at: datetime
    now: list[Asked]
    soon: list[Asked]
    waits: list[Asked]
    done: list[TimelineEvent]
    done_count: int
    held: list[Held]

    @property
    def total(self) -> int:
        return len(self.now) + len(self.soon)

    @property
    def releases(self) -> int:
        return len({asked.plan.pk for asked in (*self.now, *self.soon)})


def mine(person: User, at: datetime) -> Mine:
    """Read what needs ``person`` at ``at`` (UTC). What has ended asks for nothing any more."""
    plans = list(plans_for(person).exclude(lifecycle__in=ENDED)[:MOST_PLANS])
    now, soon, waits, held = [], [], [], []
    for plan in plans:
        stands = standing(person, plan, at)
        found = _each_once(room.everything(plan, at))
        for asked in _asked(plan, person, stands, found, at):
            (now if asked.presses else soon).append(asked)
        if stands.may("edit") or stands.may("decide"):
            waits += _others(plan, person, found, stands)
        held.append(Held(plan, _roles(plan, person, stands)))
    done = _done_today(person, at)
    return Mine(
        at,
        _sorted(now, at),
        _sorted(soon, at)[:SHOWN],
        _sorted(waits, at)[:SHOWN],
        list(done.select_related("plan")[:SHOWN]),
        done.count(),
        held,
    )


def count(person: User, at: datetime) -> int:
    """How many things need ``person`` at ``at`` (UTC); read anew when a release has news, or aged.

    The list of releases shows it beside the way to them, and is opened much more often.
    """
    if not settings.KEEP_FRAGMENTS:
        return mine(person, at).total
    rows = plans_for(person).exclude(lifecycle__in=ENDED).values_list("pk", "timeline_seq")
    mark = tuple(rows[:MOST_PLANS])
    kept = _counted.get(person.pk)
    if kept is None or kept[0] != mark or not timedelta(0) <= at - kept[1] < AGES:
        if len(_counted) >= MOST_COUNTED:
            _counted.clear()
        kept = _counted[person.pk] = (mark, at, mine(person, at).total if mark else 0)
    return kept[2]


_counted: dict[int, tuple[tuple, datetime, int]] = {}


def _each_once(found: Iterable[Need]) -> list[Need]:
    """What presses now may come up later as well: a failed item that is due tomorrow."""
    kept: dict[tuple[str, str], Need] = {}
    for need in found:
        kept.setdefault((need.key, need.url), need)
    return list(kept.values())


def _asked(
    plan: DeploymentPlan, person: User, stands: Standing, found: list[Need], at: datetime
) -> Iterable[Asked]:
    """What a release asks of one person: in their roles, by name, and some of what is anybody's.

    What is anybody's who may tick is nobody's yet: only what a live release needs, or what is due
    within the hour, and only the first few.
    """
    theirs = [need for need in found if need.key in stands.keys or _names(need, person, stands)]
    anybodys = [need for need in theirs if need.key == ANYBODY]
    open_to_all = [need for need in anybodys if _near(plan, need, at)]
    listed = [need for need in theirs if need not in anybodys] + open_to_all[:ANYBODYS]
    more = max(0, len(open_to_all) - ANYBODYS)
    for need in listed:
        last = bool(more) and need is open_to_all[ANYBODYS - 1]
        role, presses = _as(stands, need), _presses(plan, need, at)
        yield Asked(plan, need, role, more if last else 0, presses)


def _near(plan: DeploymentPlan, need: Need, at: datetime) -> bool:
    return plan.lifecycle in LIVE or (need.due is not None and need.due <= at + HOUR)


def _names(need: Need, person: User, stands: Standing) -> bool:
    """Whether it asks for this person by name, whatever role it is for."""
    called = {name.casefold() for name in (person.username, person.display_name)}
    return bool(stands.roles) and bool(called & {who.casefold() for who in need.who.split(", ")})


def _presses(plan: DeploymentPlan, need: Need, at: datetime) -> bool:
    """What is late or due within minutes; without a time, what a live release asks for."""
    if need.due is not None:
        return need.due <= at + NOW
    return plan.lifecycle in LIVE and not need.optional


def _others(
    plan: DeploymentPlan, person: User, found: Iterable[Need], stands: Standing
) -> list[Asked]:
    """What somebody else is to do, by name."""
    others = (need for need in found if need.who and need.key not in stands.keys)
    return [Asked(plan, need, "") for need in others if not _names(need, person, stands)]


def _as(stands: Standing, need: Need) -> str:
    """As which of their roles a person is asked."""
    key = need.key.removeprefix("role-")
    named = next((role.name for role in stands.roles if role.key == key), "")
    return named or next((role.name for role in stands.roles if role.may(need.key)), "")


def _roles(plan: DeploymentPlan, person: User, stands: Standing) -> str:
    author = [_("Author")] if plan.author_id == person.pk else []
    names = [*author, *(role.name for role in stands.roles)]
    return ", ".join(names) or _("Watching")


def _sorted(asked: list[Asked], at: datetime) -> list[Asked]:
    return sorted(asked, key=lambda one: room.urgency(one.need, at))


def _done_today(person: User, at: datetime):
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = TimelineEvent.objects.filter(actor=person, at__gte=day, plan__in=plans_for(person))
    return found.order_by("-at", "-pk")
