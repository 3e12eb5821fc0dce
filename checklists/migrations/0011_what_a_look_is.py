from django.db import migrations, models
from django.db.models import F

from warroom import append_only

TABLE = "checklists_result"
SCANS = ("sarif", "scan")


def release(apps, schema_editor):
    append_only.release(schema_editor.connection, TABLE)


def keep(apps, schema_editor):
    append_only.keep(schema_editor.connection, TABLE)


def mark_cut_short(apps, schema_editor):
    """A scan that did not end well has kept figures without a value."""
    results = apps.get_model("checklists", "Result").objects.filter(kind__in=SCANS)
    short = [
        pk
        for pk, figures in results.values_list("pk", "figures").iterator()
        if any(figure.get("value") is None for figure in figures)
    ]
    for first in range(0, len(short), 500):
        results.filter(pk__in=short[first : first + 500]).update(whole=False)


def take_rating(apps, schema_editor):
    """What a scan said at first is not kept anywhere else."""
    apps.get_model("checklists", "Finding").objects.exclude(tool="").update(rated=F("severity"))


def nothing(apps, schema_editor):
    """The columns go, and with them what stood in them."""


class Migration(migrations.Migration):
    dependencies = [("checklists", "0010_strict_load_limits")]

    operations = [
        migrations.RunPython(release, keep),
        migrations.AddField(
            model_name="result",
            name="whole",
            field=models.BooleanField(
                default=True,
                help_text="False: a scanner did not end well, so none found says nothing.",
            ),
        ),
        migrations.RunPython(mark_cut_short, nothing),
        migrations.RunPython(keep, release),
        migrations.AddField(
            model_name="finding",
            name="rated",
            field=models.CharField(
                blank=True,
                help_text="The worst that a scan rated it, whatever people say.",
                max_length=8,
            ),
        ),
        migrations.RunPython(take_rating, nothing),
        migrations.AddField(
            model_name="dryrun",
            name="asked_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When command or expectation last changed: older results are of "
                "another one.",
                null=True,
            ),
        ),
    ]
