from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Bands
from warroom.models import DeploymentPlan


class Probing(models.Model):
    """What every watched thing has: a cadence, a lease and its latest reading.

    A worker claims a due row by writing ``lease_token`` and ``lease_until``; a result counts only
    while the token still stands (fencing). ``band_since`` is when the present band began.
    ``value`` and ``observed_at`` keep the last number seen and its time, also while ``band`` is
    no data: the page shows it as old, nothing judges it. All times are UTC, durations seconds.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="%(class)s_set")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    interval_s = models.PositiveIntegerField(default=15)
    # Cadence by age of the release: [{"until_s": 86400, "every_s": 15}, {"every_s": 60}], counted
    # from T0. Empty: always `interval_s`. `interval_s` is what holds at present.
    cadence = models.JSONField(default=list, blank=True)

    sustained_s = models.PositiveIntegerField(
        default=300, help_text="Red for this long means roll back; shorter means hold."
    )
    red_after = models.PositiveSmallIntegerField(
        default=1, help_text="So many bad answers in a row make it red; fewer make it yellow."
    )
    # Shown, but neither holds nor rolls back.
    report_only = models.BooleanField(default=False)
    # Counts every edit of what is asked or how it is judged; older texts stand in WatchVersion.
    version = models.PositiveSmallIntegerField(default=1)
    runbook_url = models.URLField(max_length=500, blank=True)

    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=36, blank=True)

    band = models.CharField(max_length=8, default="no_data")
    band_since = models.DateTimeField(null=True, blank=True)
    value = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, default=_l("Not read yet"))
    observed_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # Memory for "is red here to stay": start of the unbroken red run, and the last red seen.
    red_since = models.DateTimeField(null=True, blank=True)
    red_at = models.DateTimeField(null=True, blank=True)
    # How many bad answers there were in a row, up to now.
    reds = models.PositiveIntegerField(default=0)
    # What a sparkline needs, at a constant size (rules/history.py).
    history = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def look_s(self) -> float:
        """How often it is looked at, in seconds."""
        return self.interval_s

    @property
    def fresh_s(self) -> float:
        """Half of how old a reading may be: rules/readings.py let it count for two of these.

        Its interval, or what it says itself (law 5).
        """
        said = getattr(self, "stale_s", None)
        return said / 2 if said else self.look_s

    @property
    def bands(self) -> Bands | None:
        """Where green and red begin, in the thing's own unit; None: shown and not judged."""
        raise NotImplementedError

    def show(self, value: float | None) -> str:
        """A value as people read it; "" for none."""
        raise NotImplementedError

    @property
    def now_text(self) -> str:
        """What it shows at its latest reading; "" while there is none that counts."""
        raise NotImplementedError
