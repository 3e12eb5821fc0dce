from datetime import timedelta

from django.db import models

from warroom.models import DeploymentPlan


class AlertHook(models.Model):
    """An address that Alertmanager or Grafana posts to: /hooks/<kind>/<token>.

    Only the SHA-256 of the token is kept. ``expect_every_s``: silence for longer makes “no alert”
    no data, because silence alone says nothing (law 5); empty: silence is taken as calm until
    anything contradicts it, which the page says. ``manager_url`` is where test alerts are posted.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="alert_hooks")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, default="alertmanager")
    token_sha256 = models.CharField(max_length=64, unique=True)
    expect_every_s = models.PositiveIntegerField(null=True, blank=True, default=300)
    manager_url = models.URLField(max_length=300, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    # Groups of which not every alert was told (max_alerts): {group: [how many, epoch s UTC]}.
    cut = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AlertDrill(models.Model):
    """A test alert: fired, received, acknowledged, and how long each took (S110). UTC."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="alert_drills")
    hook = models.ForeignKey(
        AlertHook, models.SET_NULL, null=True, blank=True, related_name="drills"
    )
    # In the label "warroom_drill" of the alert, by which it is known again.
    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    severity = models.CharField(max_length=40, default="critical")
    fired_at = models.DateTimeField()
    fired_by = models.CharField(max_length=150)
    fired_how = models.CharField(max_length=200, blank=True)
    # Posted by a worker when it comes due; None: nothing (more) is to be posted.
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    posted_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-fired_at", "-pk")

    def __str__(self) -> str:
        return self.name

    @property
    def received_after(self) -> timedelta | None:
        return self.received_at - self.fired_at if self.received_at else None

    @property
    def acknowledged_after(self) -> timedelta | None:
        return self.acknowledged_at - self.fired_at if self.acknowledged_at else None


class Alert(models.Model):
    """An alert as its manager told it: one row per fingerprint and start.

    ``ended_at`` is the manager's; ``resolved_at`` when we heard of it. One that is not repeated
    for long is not known any more, which is no data and not resolved.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="alerts")
    hook = models.ForeignKey(
        AlertHook, models.SET_NULL, null=True, blank=True, related_name="alerts"
    )
    drill = models.ForeignKey(
        AlertDrill, models.SET_NULL, null=True, blank=True, related_name="alerts"
    )
    fingerprint = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    severity = models.CharField(max_length=40, blank=True)
    summary = models.CharField(max_length=500, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    annotations = models.JSONField(default=dict, blank=True)
    runbook_url = models.URLField(max_length=500, blank=True)
    source_url = models.URLField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=500, blank=True)
    # S143: it fired and nothing was wrong; who said so, and why (in ``note``).
    false_at = models.DateTimeField(null=True, blank=True)
    false_by = models.CharField(max_length=150, blank=True)
    # Who said that it is over, where its manager never did; "" where the manager said it.
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=("plan", "fingerprint", "started_at"), name="alert_once_per_start"
            )
        ]

    def __str__(self) -> str:
        return self.name
