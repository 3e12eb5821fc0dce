"""System checks: settings that start but would hurt later. Each has an id and a way out."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register


@register(Tags.database)
def embedded_database_is_for_one_machine(app_configs, **kwargs):
    if settings.EMBEDDED and settings.HTTPS:
        return [
            Warning(
                "A public address is set, but the database is the embedded one.",
                hint="Set DATABASE_URL to a PostgreSQL server before a team relies on it.",
                id="warroom.W001",
            )
        ]
    return []


@register(Tags.security)
def demo_is_for_this_machine_only(app_configs, **kwargs):
    local = {"127.0.0.1", "localhost", "[::1]", "testserver"}
    if settings.DEMO and not set(settings.ALLOWED_HOSTS) <= local:
        return [
            Error(
                "The demo accounts have a public password, but other hosts are allowed.",
                hint="Unset WARROOM_DEMO, or leave DJANGO_ALLOWED_HOSTS at the loopback names.",
                id="warroom.E001",
            )
        ]
    return []


@register(Tags.caches)
def celery_has_no_result_backend(app_configs, **kwargs):
    if getattr(settings, "CELERY_RESULT_BACKEND", None):
        return [
            Error(
                "Celery has a result backend: results would be a second truth beside the database.",
                hint="Remove CELERY_RESULT_BACKEND.",
                id="warroom.E002",
            )
        ]
    return []
