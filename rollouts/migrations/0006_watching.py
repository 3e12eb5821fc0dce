from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    """No row was ever written to the two tables before: what is new is not asked of any."""

    dependencies = [
        ("rollouts", "0005_metric_pending"),
        ("rollouts", "0005_runs_entered_from_notes"),
    ]

    operations = [
        migrations.AddField("rollout", "cadence", models.JSONField(blank=True, default=list)),
        migrations.AddField(
            "watchround",
            "began_at",
            models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            "watchround",
            "band",
            models.CharField(blank=True, default="", max_length=8),
            preserve_default=False,
        ),
        migrations.AddField(
            "watchround",
            "result",
            models.CharField(blank=True, default="", max_length=120),
            preserve_default=False,
        ),
        migrations.AlterField(
            "watchround",
            "stage",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.CASCADE,
                related_name="rounds",
                to="rollouts.stage",
            ),
        ),
        migrations.AddConstraint(
            "watchround",
            models.UniqueConstraint(
                condition=models.Q(stage=None),
                fields=("plan", "generation", "number"),
                name="round_number_after_stages",
            ),
        ),
        migrations.AddField(
            "successcriterion",
            "key",
            models.SlugField(default="success", max_length=60),
            preserve_default=False,
        ),
        migrations.AddField(
            "successcriterion",
            "since",
            models.CharField(
                blank=True,
                choices=[("", "T0"), ("full", "The last share of the rollout")],
                default="",
                max_length=4,
            ),
            preserve_default=False,
        ),
        migrations.AlterModelOptions(
            "successcriterion", {"ordering": ("since", "due_offset_s", "position", "pk")}
        ),
        migrations.AddConstraint(
            "successcriterion",
            models.UniqueConstraint(fields=("plan", "key"), name="success_key_per_plan"),
        ),
    ]
