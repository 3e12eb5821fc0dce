from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _l


class Lifecycle(models.TextChoices):
    DRAFT = "draft", _l("Draft")
    PREPARING = "preparing", _l("Preparing")
    DEPLOYING = "deploying", _l("Deploying")
    WATCHING = "watching", _l("Watching")
    STABLE = "stable", _l("Stable")
    ROLLED_BACK = "rolled_back", _l("Rolled back")
    ABORTED = "aborted", _l("Aborted")


class VerdictWord(models.TextChoices):
    NONE = "", _l("Nothing measured")
    PROCEED = "proceed", "PROCEED"
    HOLD = "hold", "HOLD"
    ROLLBACK = "rollback", "ROLLBACK"


def default_language() -> str:
    return settings.LANGUAGE_CODE


class PlanQuerySet(models.QuerySet):
    def public(self) -> "PlanQuerySet":
        """Those whose status page everyone may read, as ``is_public`` says of one."""
        return self.filter(status_public=True, rehearsal=False).exclude(lifecycle=Lifecycle.DRAFT)


class DeploymentPlan(models.Model):
    """One release and its room.

    The row is the lock of everything in the room: an action locks it, and whatever belongs to the
    plan changes only under that lock. All times are UTC; ``time_zone`` is the plan's own, for show.
    """

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=60, blank=True)
    environment = models.CharField(max_length=60, blank=True)
    summary = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="plans", null=True, blank=True
    )
    t0 = models.DateTimeField("T0", null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    protected_until = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    language = models.CharField(
        max_length=10,
        choices=settings.LANGUAGES,
        default=default_language,
        help_text="Of its pages, records and letters, whoever looks.",
    )
    status_public = models.BooleanField(
        default=True, help_text="Whether /status/<slug>/ is shown to everyone, signed in or not."
    )
    rehearsal = models.BooleanField(default=False)
    rehearsal_factor = models.PositiveSmallIntegerField(
        default=1, help_text="Soaks and cadences of a rehearsal are divided by it."
    )
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="copies"
    )
    lifecycle = models.CharField(
        max_length=12, choices=Lifecycle.choices, default=Lifecycle.PREPARING
    )
    lifecycle_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is so.")
    lifecycle_reason = models.TextField(blank=True)
    watch_hours = models.PositiveSmallIntegerField(
        default=48, help_text="Hours of watching before the release can be declared stable."
    )
    score_max = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Where signatures carry a score: the best one, such as 10."
    )
    # Law 10: nobody signs for two roles on one thing, but for those whom the plan names.
    two_roles = models.JSONField(default=list, blank=True, help_text="Usernames.")
    facts = models.JSONField(default=dict, blank=True, help_text="Header lines of the document.")
    # Counts every change; a form carries the revision that its reader saw.
    revision = models.PositiveBigIntegerField(default=0)

    # The rule's latest answer, kept here so that any floor can show it. It ages: after
    # ``verdict_valid_until`` it must be read as HOLD for want of data (see rules/verdicts.py).
    verdict = models.CharField(
        max_length=8, choices=VerdictWord.choices, default=VerdictWord.NONE, blank=True
    )
    verdict_sentence = models.TextField(blank=True)
    # What decided, without its numbers: "p95-latency:yellow". An event is due when it changes.
    verdict_leading = models.CharField(max_length=220, blank=True)
    verdict_counts = models.CharField(max_length=80, blank=True, help_text="5 of 6 green")
    verdict_since = models.DateTimeField(null=True, blank=True)
    verdict_valid_until = models.DateTimeField(null=True, blank=True)

    # Head of the hash chain; moves only under the row lock.
    timeline_seq = models.PositiveBigIntegerField(default=0)
    timeline_hash = models.CharField(max_length=64, default="0" * 64)

    source_name = models.CharField(max_length=200, blank=True)
    source_text = models.TextField(blank=True, help_text="The team's own document, as it came.")
    source_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ("-t0", "name")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/plans/{self.slug}/"

    @property
    def watch_s(self) -> int:
        """Seconds of watching before 'stable': the hours, divided like all else in a rehearsal."""
        return self.watch_hours * 3600 // (self.rehearsal_factor if self.rehearsal else 1)

    @property
    def is_public(self) -> bool:
        """Whether everyone may read the status page: never a draft's, never a rehearsal's."""
        return self.status_public and not self.rehearsal and self.lifecycle != Lifecycle.DRAFT

    @property
    def is_live(self) -> bool:
        """Whether the new version serves somebody, or is about to: see rules/lifecycle.py."""
        return self.lifecycle in (Lifecycle.DEPLOYING, Lifecycle.WATCHING)

    @property
    def is_closed(self) -> bool:
        """Whether it is a record that is read: see rules/lifecycle.py."""
        return self.lifecycle in (Lifecycle.STABLE, Lifecycle.ABORTED)


class PlanTemplate(models.Model):
    """A plan without its history, to begin releases with; ``body`` is the plan as YAML.

    The templates that come with the product are files, not rows.
    """

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    made_from = models.ForeignKey(
        DeploymentPlan, models.SET_NULL, null=True, blank=True, related_name="templates"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
