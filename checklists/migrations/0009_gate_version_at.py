from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checklists", "0008_load_runs_judged")]

    operations = [
        migrations.AddField(
            model_name="gate",
            name="version_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
