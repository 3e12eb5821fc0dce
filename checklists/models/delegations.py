from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from warroom.models import Role

from .gates import Gate


class Deputy(models.Model):
    """Whom a role's holder named, beforehand, to vote when they cannot."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="deputies")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    named_by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(fields=("role", "person"), name="deputy_once_per_role")
        ]

    def __str__(self) -> str:
        return _("{person} for {role}").format(person=self.person, role=self.role)


class Delegation(models.Model):
    """One vote at one gate, handed to somebody else. The seat stays its holder's."""

    gate = models.ForeignKey(Gate, models.PROTECT, related_name="delegations")
    role = models.ForeignKey(Role, models.PROTECT, related_name="delegations")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to_name = models.CharField(max_length=150)
    for_name = models.CharField(max_length=150, blank=True, help_text="Whose vote it is.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    reason = models.TextField()
    agreed = models.TextField(blank=True, help_text="The holder's own words, where none is named.")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Taken back, or superseded.")

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return _("{role} to {to_name}").format(role=self.role, to_name=self.to_name)


class ReachTry(models.Model):
    """A try to reach somebody whose vote is missing."""

    gate = models.ForeignKey(Gate, models.PROTECT, related_name="tries")
    role = models.ForeignKey(Role, models.PROTECT, related_name="+")
    how = models.CharField(max_length=40)
    result = models.CharField(max_length=120)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.how}: {self.result}"
