"""Triggers with which the database itself keeps rows as they were written (law 4).

UPDATE, DELETE and (PostgreSQL) TRUNCATE of a kept table are refused, whoever asks; on SQLite also
an INSERT that would replace a row.
"""

REFUSAL = "is append-only"


def keep(connection, table: str) -> None:
    """Refuse changes of ``table`` on an open database connection (SQLite or PostgreSQL)."""
    refuse = f"'{table} {REFUSAL}'"
    if connection.vendor == "sqlite":
        run(
            connection,
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, {refuse}); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, {refuse}); END",
            # REPLACE deletes past the trigger above: no row may come under an id that is taken.
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, {refuse}); END",
        )
        return
    run(
        connection,
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION {refuse} USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
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
            for name in ("no_change", "no_truncate")
        ),
        f"DROP FUNCTION IF EXISTS {table}_refuse()",
    )


def run(connection, *statements: str) -> None:
    """Execute statements that take no values, one after the other."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
