from django.db import migrations

from warroom import append_only

TABLES = (
    "checklists_vote",
    "checklists_decision",
    "checklists_signoff",
    "checklists_revocation",
)


def keep(apps, schema_editor):
    for table in TABLES:
        append_only.keep(schema_editor.connection, table)


def release(apps, schema_editor):
    for table in TABLES:
        append_only.release(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("checklists", "0002_revocations_and_judgements")]
    operations = [migrations.RunPython(keep, release)]
