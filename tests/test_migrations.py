"""A new database is made by the squashed migrations, an old one step by step: both end alike."""

import re

import pytest
from django.db import ConnectionHandler
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


def schema(*, squashed: bool) -> dict[str, list[str]]:
    """What stands in a fresh SQLite after all migrations: name -> its parts, in any order."""
    connection = ConnectionHandler({"default": SQLITE})["default"]
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=squashed)
    ends = executor.loader.graph.leaf_nodes()
    if not squashed:
        ends = [end for end in ends if not executor.loader.get_migration(*end).replaces]
    executor.migrate(ends)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found = dict(cursor.fetchall())
    connection.close()
    return {name: sorted(parts(sql)) for name, sql in found.items()}


def parts(sql: str) -> list[str]:
    """A statement cut at the commas that stand in no bracket: columns have no meaning in order."""
    head, _, rest = re.sub(r"\s+", " ", sql).partition("(")
    cut, depth = [""], 0
    for char in rest.rpartition(")")[0]:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            cut.append("")
        else:
            cut[-1] += char
    return [head, *(one.strip() for one in cut), rest.rpartition(")")[2]]


@pytest.mark.django_db
def test_the_squashed_migrations_make_the_same_tables_and_triggers(settings):
    if settings.DATABASES["default"]["ENGINE"] != SQLITE["ENGINE"]:
        pytest.skip("the schema is compared on SQLite, whose triggers are more")
    steps, squashed = schema(squashed=False), schema(squashed=True)
    assert any(name.endswith("_no_update") for name in steps)
    assert squashed == steps
