"""Many rows in one statement: they travel as one JSON parameter.

The ORM gives every column of every row a parameter of its own, and SQLite takes 999 of them: the
number of statements would grow with the rows. Both databases unfold one JSON text to rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models

Fields = Sequence[models.Field]


class Written(str):
    """The value of a JSON field that is JSON text already."""


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Add rows of one model, their keys left to the database; one statement."""
    if rows:
        fields = [field for field in _fields(rows) if not field.primary_key]
        _run(_insert(rows[0], fields), rows, fields)


def upsert_rows(
    rows: Sequence[models.Model], unique: Sequence[str], changing: Sequence[str]
) -> None:
    """Add rows, or change the fields `changing` of those that stand; one statement."""
    if not rows:
        return
    fields = [field for field in _fields(rows) if not field.primary_key]
    columns = {field.name: _quoted(field) for field in fields}
    key = ", ".join(columns[name] for name in unique)
    values = ", ".join(f"{columns[name]} = excluded.{columns[name]}" for name in changing)
    sql = f"{_insert(rows[0], fields)} WHERE true ON CONFLICT ({key}) DO UPDATE SET {values}"
    _run(sql, rows, fields)


def update_rows(rows: Sequence[models.Model], changing: Sequence[str]) -> None:
    """Write the fields `changing` of rows that exist, found by primary key; one statement."""
    if not rows:
        return
    key = rows[0]._meta.pk
    fields = [key, *(f for f in _fields(rows) if f.name in set(changing))]
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    values = ", ".join(f"{_quoted(field)} = fresh.{_quoted(field)}" for field in fields[1:])
    source = f"(SELECT {_unfolded(fields)}) AS fresh"
    same = f"{table}.{_quoted(key)} = fresh.{_quoted(key)}"
    _run(f"UPDATE {table} SET {values} FROM {source} WHERE {same}", rows, fields)


def _insert(row: models.Model, fields: Fields) -> str:
    table = connection.ops.quote_name(row._meta.db_table)
    columns = ", ".join(_quoted(field) for field in fields)
    return f"INSERT INTO {table} ({columns}) SELECT {_unfolded(fields)}"


def _unfolded(fields: Fields) -> str:
    """Columns and source of a SELECT that unfolds the one parameter."""
    if connection.vendor == "sqlite":
        columns = (f"json_extract(value, '$[{n}]') AS {_quoted(f)}" for n, f in enumerate(fields))
        return f"{', '.join(columns)} FROM json_each(%s)"
    columns = (f"(one ->> {n})::{_type(f)} AS {_quoted(f)}" for n, f in enumerate(fields))
    return f"{', '.join(columns)} FROM jsonb_array_elements(%s::jsonb) AS found(one)"


def _type(field: models.Field) -> str:
    # Without its length: a cast to varchar(8) would cut in silence what the column refuses.
    return field.db_type(connection).partition("(")[0]


def _run(sql: str, rows: Sequence[models.Model], fields: Fields) -> None:
    read = [(field.attname, _writer(field)) for field in fields]
    values = [[write(getattr(row, name)) for name, write in read] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(values)])


def _writer(field: models.Field) -> Callable[[Any], Any]:
    """How a value of a field is written in JSON; looked up once for all rows."""
    if isinstance(field, models.DateTimeField):
        return _adapted if connection.vendor == "sqlite" else _said
    if isinstance(field, models.JSONField):
        # SQLite keeps JSON as a text; a database with a type for it takes it as it is.
        return _dumped if connection.vendor == "sqlite" else _same
    if isinstance(field, models.FloatField):
        return _finite
    return field.get_prep_value


@lru_cache(maxsize=4096)
def _adapted(value: datetime | None) -> str | None:
    # Cached: most instants of one statement are the same one.
    return connection.ops.adapt_datetimefield_value(value)


def _said(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _dumped(value: Any) -> str:
    return value if isinstance(value, Written) else json.dumps(value)


def _same(value: Any) -> Any:
    return value


def _finite(value: float | None) -> float | None:
    """JSON has no word for the rest, and nothing is judged by it (law 5)."""
    return value if value is None or math.isfinite(value) else None


def _fields(rows: Sequence[models.Model]) -> Fields:
    return rows[0]._meta.concrete_fields


def _quoted(field: models.Field) -> str:
    return connection.ops.quote_name(field.column)
