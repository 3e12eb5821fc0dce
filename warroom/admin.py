"""The administrator's own pages: accounts, and a timeline to read.

Plans, items and votes are not edited here: each change of them is an action with its event.
"""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from warroom.models import TimelineEvent, User

admin.site.site_header = "Warroom"
admin.site.register(User, UserAdmin)


@admin.register(TimelineEvent)
class TimelineAdmin(admin.ModelAdmin):
    list_display = ("plan", "seq", "at", "kind", "actor_name", "text")
    list_filter = ("plan",)
    search_fields = ("text", "kind")
    date_hierarchy = "at"

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
