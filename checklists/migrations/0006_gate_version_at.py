from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("checklists", "0005_go_no_go")]

    operations = [
        migrations.AddField(
            model_name="gate",
            name="version_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
