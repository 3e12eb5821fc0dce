"""What a metric or check asked before an edit stands as it was (law 4)."""

from django.db import migrations

from warroom import append_only

TABLE = "rollouts_watchversion"


def keep(apps, schema_editor):
    append_only.keep(schema_editor.connection, TABLE)


def release(apps, schema_editor):
    append_only.release(schema_editor.connection, TABLE)


class Migration(migrations.Migration):
    dependencies = [("rollouts", "0009_stage_claimed_s")]

    operations = [migrations.RunPython(keep, release)]
