"""What was promised and decided, for the administrator to read.

Nothing is changed here: each change is an action with its event, and what was signed stays.
"""

from django.contrib import admin
from django.http import HttpRequest

from checklists.models import ChecklistItem, Condition, Decision, Evidence, Result, SignOff, Vote


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False


@admin.register(ChecklistItem)
class ItemAdmin(ReadOnly):
    list_display = ("plan", "number", "text", "state", "state_by_name", "state_at", "revision")
    list_filter = ("plan", "state", "blocking")
    search_fields = ("text",)
    list_select_related = ("plan", "phase")


@admin.register(SignOff)
class SignOffAdmin(ReadOnly):
    list_display = ("plan", "phase", "role", "word", "person_name", "at")
    list_filter = ("plan", "word")
    list_select_related = ("plan", "phase", "role")


@admin.register(Vote)
class VoteAdmin(ReadOnly):
    list_display = ("gate", "role", "word", "person_name", "at")
    list_filter = ("gate__plan", "word")
    list_select_related = ("gate", "role")


@admin.register(Decision)
class DecisionAdmin(ReadOnly):
    list_display = ("gate", "word", "override", "person_name", "at", "evidence_sha256")
    list_filter = ("gate__plan", "word", "override")
    list_select_related = ("gate",)


@admin.register(Condition)
class ConditionAdmin(ReadOnly):
    list_display = ("plan", "number", "text", "owner", "blocking", "closed_at")
    list_filter = ("plan", "blocking")
    list_select_related = ("plan",)


@admin.register(Evidence)
class EvidenceAdmin(ReadOnly):
    list_display = ("plan", "key", "value", "unit", "band", "observed_at", "source")
    list_filter = ("plan",)
    list_select_related = ("plan",)


@admin.register(Result)
class ResultAdmin(ReadOnly):
    list_display = ("plan", "number", "kind", "name", "text", "counts", "observed_at", "by_name")
    list_filter = ("plan", "kind", "counts")
    list_select_related = ("plan",)
