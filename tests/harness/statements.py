"""Which kinds of SQL statements each test sends, and the fewest tests that send them all.

A kind is a statement without its values and lists; one that the database refused is another kind,
and so is one with a value that databases treat differently. What runs on a second database is
chosen by this: it sees every kind that the first one saw, in the shortest time.
"""

import heapq
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

LONG = 255  # characters; columns of this width are checked by one database, not by the other
LARGE = 2**31
AS_ONE = (
    (re.compile(r"\b\d+\b"), "N"),
    (re.compile(r"(?<!IS )(?<!NOT )\bNULL\b"), "%s"),
    (re.compile(r"%s(?:, ?%s)+"), "%s"),
    (re.compile(r"\(%s\)(?:, ?\(%s\))+"), "(%s)"),
    (re.compile(r"(?:WHEN \S+ = %s\)? THEN (?:%s|CAST\([^)]*\)) ?)+"), "WHEN "),
    (re.compile(r"(?:UNION ALL SELECT %s ?)+"), "UNION "),
)
# Marks within a transaction have names of their own each time, and say nothing of a table.
NO_KIND = re.compile(r"\s*(?:SAVEPOINT|RELEASE|ROLLBACK TO|PRAGMA)", re.IGNORECASE)


class Recorder:
    """Notes what is sent while a test runs, by whichever thread of this process."""

    def __init__(self) -> None:
        self.now: set[str] | None = None
        self.by_test: dict[str, tuple[float, set[str]]] = {}
        self.known: dict[str, str] = {}
        connection_created.connect(self._listen, weak=False)

    def _listen(self, connection: BaseDatabaseWrapper, **_: object) -> None:
        if self._note not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._note)

    def forget(self) -> None:
        """Listen no more."""
        connection_created.disconnect(self._listen)
        for connection in connections.all():
            if self._note in connection.execute_wrappers:
                connection.execute_wrappers.remove(self._note)

    @contextmanager
    def noting(self, test: str, clock: Callable[[], float]) -> Iterator[set[str]]:
        """Note what ``test`` sends, and how long it takes; parts of one test are added up."""
        seconds, kinds = self.by_test.get(test, (0.0, set()))
        self.now, began = kinds, clock()
        try:
            yield kinds
        finally:
            self.now = None
            self.by_test[test] = seconds + clock() - began, kinds

    def _note(self, execute, sql, params, many, context):
        sent, odd = self.now, "" if many else oddity(params)
        try:
            answer = execute(sql, params, many, context)
        except DatabaseError as error:
            odd += f" {type(error).__name__}: {error}"[:80]
            raise
        finally:
            if sent is not None and (kind := self._kind(sql)):
                sent.add(kind + odd)
        return answer

    def _kind(self, sql: str) -> str:
        if sql not in self.known:
            self.known[sql] = "" if NO_KIND.match(sql) else kind_of(sql)
        return self.known[sql]

    def write(self, file: Path) -> None:
        rows = {name: [seconds, sorted(kinds)] for name, (seconds, kinds) in self.by_test.items()}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(rows))


def kind_of(sql: str) -> str:
    """The statement without numbers, and with each list as if it had one member."""
    for pattern, one in AS_ONE:
        sql = pattern.sub(one, sql)
    return sql


def oddity(params: object) -> str:
    """Names what a value has that not every database takes: length, size, a NUL."""
    values = params if isinstance(params, (list, tuple)) else ()
    texts = [value for value in values if isinstance(value, str)]
    found = [
        ("long", any(len(text) > LONG for text in texts)),
        ("NUL", any("\0" in text for text in texts)),
        ("large", any(isinstance(v, int) and not -LARGE <= v < LARGE for v in values)),
    ]
    return "".join(f" {word}" for word, is_so in found if is_so)


def read(folder: Path) -> dict[str, tuple[float, set[str]]]:
    """What all workers noted: test -> seconds and kinds."""
    noted = {}
    for file in sorted(folder.glob("*.json")):
        for name, (seconds, kinds) in json.loads(file.read_text()).items():
            noted[name] = seconds, set(kinds)
    return noted


def choose(noted: dict[str, tuple[float, set[str]]]) -> list[str]:
    """Tests that together send every kind; each in turn the one that adds most per second."""
    missing = set().union(*(kinds for _, kinds in noted.values()))
    heap = [(-_worth(kinds, s), name) for name, (s, kinds) in sorted(noted.items()) if kinds]
    heapq.heapify(heap)
    chosen = []
    while missing:
        _, name = heapq.heappop(heap)
        seconds, kinds = noted[name]
        worth = -_worth(kinds & missing, seconds)
        if worth == 0:
            continue
        if heap and worth > heap[0][0]:
            heapq.heappush(heap, (worth, name))
            continue
        chosen.append(name)
        missing -= kinds
    return chosen


def _worth(kinds: set[str], seconds: float) -> float:
    return len(kinds) / (seconds + 0.02)  # what a test costs however little it does
