from django.db import migrations, models

from warroom import append_only

TABLE = "checklists_waiver"


def release(apps, schema_editor):
    append_only.release(schema_editor.connection, TABLE)


def keep(apps, schema_editor):
    append_only.keep(schema_editor.connection, TABLE)


class Migration(migrations.Migration):
    dependencies = [("checklists", "0011_what_a_look_is")]

    operations = [
        migrations.RunPython(release, keep),
        migrations.AddField(
            model_name="waiver",
            name="value",
            field=models.FloatField(
                blank=True,
                help_text="What was accepted as a number; None: nothing was measured.",
                null=True,
            ),
        ),
        migrations.RunPython(keep, release),
    ]
