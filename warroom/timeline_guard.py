"""Triggers with which the database itself keeps the timeline append-only.

UPDATE, DELETE and (PostgreSQL) TRUNCATE are refused, and an INSERT must carry the next sequence
number: without that guard SQLite's INSERT OR REPLACE would swap a row past the other triggers.
"""

TABLE = "warroom_timelineevent"
REFUSAL = "the timeline is append-only"

_NEXT = f"NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM {TABLE} WHERE plan_id = NEW.plan_id)"

_SQLITE = [
    f"""CREATE TRIGGER timeline_no_update BEFORE UPDATE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER timeline_no_delete BEFORE DELETE ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER timeline_next_only BEFORE INSERT ON {TABLE}
        WHEN {_NEXT} OR EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
]
_POSTGRESQL = [
    f"""CREATE FUNCTION timeline_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
    f"""CREATE FUNCTION timeline_next() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF {_NEXT} THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END $$""",
    f"""CREATE TRIGGER timeline_no_change BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION timeline_refuse()""",
    f"""CREATE TRIGGER timeline_no_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION timeline_refuse()""",
    f"""CREATE TRIGGER timeline_next_only BEFORE INSERT ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION timeline_next()""",
]
_REMOVE_SQLITE = [
    f"DROP TRIGGER IF EXISTS {name}"
    for name in ("timeline_no_update", "timeline_no_delete", "timeline_next_only")
]
_REMOVE_POSTGRESQL = [
    *(
        f"DROP TRIGGER IF EXISTS {name} ON {TABLE}"
        for name in ("timeline_no_change", "timeline_no_truncate", "timeline_next_only")
    ),
    "DROP FUNCTION IF EXISTS timeline_refuse()",
    "DROP FUNCTION IF EXISTS timeline_next()",
]


def install(connection) -> None:
    """Create the triggers on an open database connection (SQLite or PostgreSQL)."""
    _run(connection, _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL)


def remove(connection) -> None:
    """Drop the triggers. Only migrations and test teardown have a reason to."""
    _run(connection, _REMOVE_SQLITE if connection.vendor == "sqlite" else _REMOVE_POSTGRESQL)


def _run(connection, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
