"""Triggers with which the database itself keeps rows as they were written (law 4).

UPDATE, DELETE and (PostgreSQL) TRUNCATE of a kept table are refused, whoever asks; on SQLite also
an INSERT that would replace a row. Where a row also holds what is added later, its words alone are
kept: ``keep(…, words=…)``.
"""

from collections.abc import Sequence

REFUSAL = "is append-only"


def keep(connection, table: str, words: Sequence[str] = (), given_by: str = "") -> None:
    """Refuse changes of ``table`` on an open database connection (SQLite or PostgreSQL).

    ``words``: columns that never change, where the others may; without them no column does.
    ``given_by``: rows in which this column is NULL are nobody's word, and may be deleted.
    """
    refuse = f"'{table} {REFUSAL}'"
    if connection.vendor == "sqlite":
        changed = _when(" OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in words))
        given = _when(f"OLD.{given_by} IS NOT NULL" if given_by else "")
        run(
            connection,
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {changed}"
            f"BEGIN SELECT RAISE(ABORT, {refuse}); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {given}"
            f"BEGIN SELECT RAISE(ABORT, {refuse}); END",
            # REPLACE deletes past the trigger above: no row may come under an id that is taken.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, {refuse}); END",
        )
        return
    changed = _when(" OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in words))
    given = _when(f"OLD.{given_by} IS NOT NULL" if given_by else "")
    run(
        connection,
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION {refuse} USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} "
        f"FOR EACH ROW {changed}EXECUTE FUNCTION {table}_refuse()",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        f"FOR EACH ROW {given}EXECUTE FUNCTION {table}_refuse()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()",
    )


def release(connection, table: str) -> None:
    """Take the triggers of ``table`` away. Only migrations and test teardown have a reason to."""
    if connection.vendor == "sqlite":
        names = ("no_update", "no_delete", "no_replace")
        run(connection, *(f"DROP TRIGGER IF EXISTS {table}_{name}" for name in names))
        return
    run(
        connection,
        *(
            f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}"
            for name in ("no_change", "no_delete", "no_truncate")
        ),
        f"DROP FUNCTION IF EXISTS {table}_refuse()",
    )


def _when(condition: str) -> str:
    return f"WHEN ({condition}) " if condition else ""


def run(connection, *statements: str) -> None:
    """Execute statements that take no values, one after the other."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
