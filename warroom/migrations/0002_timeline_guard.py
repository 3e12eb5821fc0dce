from django.db import migrations

from warroom import timeline_guard


def install(apps, schema_editor):
    timeline_guard.install(schema_editor.connection)


def remove(apps, schema_editor):
    timeline_guard.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("warroom", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
