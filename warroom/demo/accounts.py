"""Accounts of the demo: one per role of its plans, with a password that everybody knows."""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.text import slugify

from warroom.actions.people import leave_seat, take_seat
from warroom.models import DeploymentPlan, Role, Seat, User

PASSWORD = "warroom-demo"
ADMIN = "admin"
# An address that cannot exist marks the accounts that the demo made; no mail goes there.
MAIL = "@demo.invalid"


# What the product's own two roles are called by, since no document names anybody for them.
NAMES = {"editor": "Mara", "member": "Finn"}


@dataclass(frozen=True)
class Account:
    """A line of the sign-in page."""

    username: str
    role: str


def make_admin() -> User:
    """Return the demo's administrator, made at the first call."""
    admin, _ = User.objects.get_or_create(
        username=ADMIN,
        defaults={"email": ADMIN + MAIL, "is_staff": True, "is_superuser": True},
    )
    return _with_password(admin)


def seat_everybody(plan: DeploymentPlan, *, by: User) -> None:
    """Give each role of ``plan`` an account, named after the person that the document names.

    ``by``, whom the import seated, leaves the roles that have somebody else then.
    """
    for role in plan.roles.all():
        if not role.seats.exclude(user=by).exists():
            take_seat(plan, role, _account_of(role), by=by)
        if role.seats.filter(user=by).exists():
            leave_seat(plan, role, by, by=by)


def _account_of(role: Role) -> User:
    name = slugify(role.holder.split()[0]) if role.holder.strip() else ""
    name = name or role.key
    person, _ = User.objects.get_or_create(
        username=name,
        defaults={
            "email": name + MAIL,
            "first_name": (role.holder or NAMES.get(role.key, role.name))[:150],
        },
    )
    return _with_password(person)


def _with_password(person: User) -> User:
    if not person.password:
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
    return person


def demo_accounts() -> list[Account]:
    """The accounts that the demo made, the administrator first, each with its roles by name."""
    seats = Seat.objects.active(timezone.now()).select_related("role").order_by("pk")
    people = User.objects.filter(email__endswith=MAIL).prefetch_related(Prefetch("seats", seats))
    accounts = [Account(person.username, _roles_of(person)) for person in people.order_by("pk")]
    return sorted(accounts, key=lambda account: account.username != ADMIN)


def _roles_of(person: User) -> str:
    names = dict.fromkeys(seat.role.name for seat in person.seats.all())
    return ", ".join(names) or ("administers everything" if person.is_superuser else "")
