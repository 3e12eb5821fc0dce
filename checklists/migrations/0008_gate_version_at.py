from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checklists", "0007_findings_and_dry_runs")]

    operations = [
        migrations.AddField(
            model_name="gate",
            name="version_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
