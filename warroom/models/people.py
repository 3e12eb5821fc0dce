from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _l

from .plans import DeploymentPlan


class Right(models.TextChoices):
    """What a role may do in its plan. Whoever has a seat may read."""

    EDIT = "edit", _l("edit the plan")
    TICK = "tick", _l("tick items")
    SIGN = "sign", _l("sign off")
    VOTE = "vote", _l("vote")
    DECIDE = "decide", _l("decide gates")
    RUN = "run", _l("run the rollout")
    SKIP = "skip", _l("skip required items")

    @property
    def head(self) -> str:
        """One word over its column."""
        return str(_HEADS[self])


_HEADS = {
    Right.EDIT: _l("Edit"),
    Right.TICK: _l("Tick"),
    Right.SIGN: _l("Sign"),
    Right.VOTE: _l("Vote"),
    Right.DECIDE: _l("Decide"),
    Right.RUN: _l("Run"),
    Right.SKIP: _l("Skip"),
}


class Role(models.Model):
    """A role of one plan, such as Technical Lead, with its rights."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="roles")
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    rights = models.JSONField(default=list, help_text="Values of Right.")
    holder = models.CharField(
        max_length=120, blank=True, help_text="The person that the document names for this role."
    )
    position = models.PositiveSmallIntegerField(default=0)
    # When somebody has to sit here, in seconds after T0; without both, coverage is not asked for.
    cover_from_s = models.BigIntegerField(null=True, blank=True)
    cover_until_s = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="role_key_per_plan")]

    def __str__(self) -> str:
        return self.name

    def may(self, right: str) -> bool:
        return right in self.rights


class SeatQuerySet(models.QuerySet):
    def active(self, at: datetime) -> "SeatQuerySet":
        """The seats that count at an instant (UTC): begun, not ended, not lent to a stand-in.

        Nobody sits in a seat whose account is disabled, be it the holder's or the stand-in's.
        """
        running = _running(at) & Q(user__is_active=True)
        lent = Seat.objects.filter(running, stands_in_for=OuterRef("pk"))
        return self.filter(running).exclude(Exists(lent))

    def to_come(self, at: datetime) -> "SeatQuerySet":
        """The seats that are not over at an instant (UTC): they let their people read."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), user__is_active=True)

    def own(self) -> "SeatQuerySet":
        """The seats that are nobody else's: stand-ins left out."""
        return self.filter(stands_in_for=None)


def _running(at: datetime) -> Q:
    begun = Q(starts_at__isnull=True) | Q(starts_at__lte=at)
    return begun & (Q(ends_at__isnull=True) | Q(ends_at__gt=at))


class Seat(models.Model):
    """A person in a role: for good, or for a time in place of another seat (night cover).

    While a stand-in's time runs, the seat that it stands in for does not count.
    """

    role = models.ForeignKey(Role, models.CASCADE, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="seats")
    since = models.DateTimeField(auto_now_add=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    stands_in_for = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="stand_ins"
    )
    note = models.CharField(max_length=300, blank=True, help_text="What is handed over.")

    objects = SeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("role", "user"), condition=Q(stands_in_for=None), name="seat_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"


class Invitation(models.Model):
    """A role that somebody is asked to take. The seat counts once it is accepted.

    The link is signed with the product's key and names this row and its ``nonce``, so that a new
    nonce makes older links worthless and nothing secret is stored.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="invitations")
    role = models.ForeignKey(Role, models.CASCADE, related_name="invitations")
    name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True, help_text="Empty: the link is handed over by hand.")
    nonce = models.CharField(max_length=32)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    declined_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.name or self.email} as {self.role}"


class Presence(models.Model):
    """When a person's page of a room was last open. Comfort, not truth: it may be lost."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("plan", "user"), name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.plan}"
