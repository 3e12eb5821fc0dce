from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checklists", "0009_gate_version_at")]

    operations = [
        migrations.AddField(
            model_name="loadprofile",
            name="strict",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Limits that the exact value misses: p95 < 500.",
            ),
        ),
    ]
