"""What counts of a soak without having been observed is kept apart from what was."""

from django.db import migrations, models
from django.db.models import F


def tell_apart(apps, schema_editor):
    """Stages that ran at the upgrade were credited with the time that had passed (0007).

    Those have never been judged since: nothing was counted for them at a judgement.
    """
    running = apps.get_model("rollouts", "Stage").objects.filter(state="running")
    running.filter(counted_at=None).update(claimed_s=F("observed_s"))


class Migration(migrations.Migration):

    dependencies = [("rollouts", "0008_check_total")]

    operations = [
        migrations.AddField("stage", "claimed_s", models.FloatField(default=0)),
        migrations.RunPython(tell_apart, migrations.RunPython.noop, elidable=True),
    ]
