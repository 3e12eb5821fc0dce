"""Scores, results of dry runs, delegations and tries stand as they were given (law 4)."""

from django.db import migrations

from warroom import append_only

SCORE, TRY = "checklists_categoryscore", "checklists_reachtry"
RUN, HANDED = "checklists_dryrunresult", "checklists_delegation"
# What is not named is added later: an acceptance, an end.
WORDS = {
    RUN: ("dry_run_id", "word", "output", "analysis", "by_id", "by_name", "at"),
    HANDED: (
        *("gate_id", "role_id", "to_id", "to_name", "for_name"),
        *("by_id", "by_name", "reason", "agreed", "at"),
    ),
}


def keep(apps, schema_editor):
    # A score that stood in the document goes with its category, when a new document leaves it out.
    append_only.keep(schema_editor.connection, SCORE, given_by="by_id")
    append_only.keep(schema_editor.connection, TRY)
    for table, words in WORDS.items():
        append_only.keep(schema_editor.connection, table, words)


def release(apps, schema_editor):
    for table in (SCORE, TRY, *WORDS):
        append_only.release(schema_editor.connection, table)


class Migration(migrations.Migration):
    dependencies = [("checklists", "0012_what_a_waiver_accepted")]

    operations = [migrations.RunPython(keep, release)]
