"""What needs one person, over all the releases that they may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.live import needs as room
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, TimelineEvent, User
from warroom.queries.people import Standing, standing
from warroom.queries.plans import plans_for
from warroom.rules.lifecycle import ENDED, LIVE

NOW = timedelta(minutes=15)
MOST_PLANS = 40
SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """A need with the release that it stands in, and as what this person is asked."""

    plan: DeploymentPlan
    need: Need
    role: str
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
        found = room.needs(plan, at) + room.ahead(plan, at)
        for need in found:
            if need.key in stands.keys:
                asked = Asked(plan, need, _as(stands, need), _presses(plan, need, at))
                (now if asked.presses else soon).append(asked)
        if stands.may("edit") or stands.may("decide"):
            waits += _others(plan, found, stands)
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


def _presses(plan: DeploymentPlan, need: Need, at: datetime) -> bool:
    """What is late or due within minutes; without a time, what a live release asks for."""
    if need.due is not None:
        return need.due <= at + NOW
    return plan.lifecycle in LIVE and not need.optional


def _others(plan: DeploymentPlan, found: Iterable[Need], stands: Standing) -> list[Asked]:
    """What somebody else is to do, by name."""
    return [Asked(plan, need, "") for need in found if need.who and need.key not in stands.keys]


def _as(stands: Standing, need: Need) -> str:
    """As which of their roles a person is asked."""
    key = need.key.removeprefix("role-")
    named = next((role.name for role in stands.roles if role.key == key), "")
    return named or next((role.name for role in stands.roles if role.may(need.key)), "")


def _roles(plan: DeploymentPlan, person: User, stands: Standing) -> str:
    author = ["Author"] if plan.author_id == person.pk else []
    names = [*author, *(role.name for role in stands.roles)]
    return ", ".join(names) or "Watching"


def _sorted(asked: list[Asked], at: datetime) -> list[Asked]:
    return sorted(asked, key=lambda one: room.urgency(one.need, at))


def _done_today(person: User, at: datetime):
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    found = TimelineEvent.objects.filter(actor=person, at__gte=day, plan__in=plans_for(person))
    return found.order_by("-at", "-pk")
