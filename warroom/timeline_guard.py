"""The timeline is append-only, and an INSERT must carry the next sequence number.

Without that SQLite's INSERT OR REPLACE would swap a row past the other triggers: by its number, its
id or its request id.
"""

from warroom import append_only

TABLE = "warroom_timelineevent"
REFUSAL = f"'{TABLE} {append_only.REFUSAL}'"
_NEXT = f"NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM {TABLE} WHERE plan_id = NEW.plan_id)"
_ASKED_BEFORE = (
    f"EXISTS (SELECT 1 FROM {TABLE} WHERE plan_id = NEW.plan_id AND request_id = NEW.request_id)"
)


def install(connection) -> None:
    """Create the triggers on an open database connection (SQLite or PostgreSQL)."""
    append_only.keep(connection, TABLE)
    if connection.vendor == "sqlite":
        append_only.run(
            connection,
            f"CREATE TRIGGER timeline_next_only BEFORE INSERT ON {TABLE} "
            f"WHEN {_NEXT} OR {_ASKED_BEFORE} BEGIN SELECT RAISE(ABORT, {REFUSAL}); END",
        )
        return
    append_only.run(
        connection,
        f"CREATE FUNCTION timeline_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_NEXT} THEN RAISE EXCEPTION {REFUSAL} "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER timeline_next_only BEFORE INSERT ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION timeline_next()",
    )


def remove(connection) -> None:
    """Drop the triggers. Only migrations and test teardown have a reason to."""
    append_only.release(connection, TABLE)
    if connection.vendor == "sqlite":
        append_only.run(connection, "DROP TRIGGER IF EXISTS timeline_next_only")
        return
    append_only.run(
        connection,
        f"DROP TRIGGER IF EXISTS timeline_next_only ON {TABLE}",
        "DROP FUNCTION IF EXISTS timeline_next()",
    )
