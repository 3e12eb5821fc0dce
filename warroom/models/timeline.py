from django.conf import settings
from django.db import models

from .plans import DeploymentPlan


class TimelineEvent(models.Model):
    """One change in a room. Written once by ``actions.timeline.append``, never changed or deleted.

    The database refuses UPDATE, DELETE and TRUNCATE (``warroom/timeline_guard.py``). ``hash``
    covers the event and the hash before it (``rules/chain.py``), so a change made behind the
    application's back is found by ``manage.py verify_timeline``.
    """

    plan = models.ForeignKey(DeploymentPlan, models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=60, help_text="Past tense: item.done, gate.decided.")
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150, help_text="As it was then; 'rule' for rules.")
    text = models.TextField(help_text="One sentence for people.")
    data = models.JSONField(default=dict)
    request_id = models.CharField(
        max_length=64, null=True, blank=True, help_text="One request, one event."
    )
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("plan", "seq")
        constraints = [
            models.UniqueConstraint(fields=("plan", "seq"), name="timeline_seq_per_plan"),
            models.UniqueConstraint(
                fields=("plan", "request_id"), name="timeline_request_once_per_plan"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
