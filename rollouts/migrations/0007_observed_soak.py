"""Stages that run: what has passed of their soak counts as observed."""

from django.db import migrations
from django.utils import timezone


def count_what_passed(apps, schema_editor):
    now = timezone.now()
    for stage in apps.get_model("rollouts", "Stage").objects.filter(state="running"):
        since = stage.soak_from or stage.started_at
        if since is None:
            continue
        stage.soak_from = since
        stage.observed_s = min(max((now - since).total_seconds(), 0.0), stage.soak_s)
        stage.save(update_fields=["soak_from", "observed_s"])


class Migration(migrations.Migration):

    dependencies = [("rollouts", "0006_watching")]

    operations = [migrations.RunPython(count_what_passed, migrations.RunPython.noop, elidable=True)]
