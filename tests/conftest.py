"""The cast that every test plays with, and what keeps databases clean between tests."""

import json
import os
import time
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connections
from django.test import Client, TransactionTestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from checklists.models import ChecklistItem, Gate, Phase
from tests.harness import prepared, statements
from warroom import append_only, timeline_guard
from warroom.models import DeploymentPlan, Role, Seat, User

pytest_plugins = ["tests.harness.fixtures"]

# The same examples in every run; how long one takes says nothing on a machine that others use.
settings.register_profile(
    "warroom", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("warroom")

# What waits for locks, other processes or another broker may do so differently on each database.
REAL = ("process", "redis")
RECORDER = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--note-statements", metavar="FOLDER", help="note what each test sends there")
    parser.addoption("--chosen", metavar="FILE", help="run these and what needs the real thing")


def pytest_configure(config):
    if config.getoption("--note-statements"):
        config.stash[RECORDER] = statements.Recorder()


def pytest_collection_modifyitems(config, items):
    """Spread what waits for processes over the run; leave out what was shown before."""
    if file := config.getoption("--chosen"):
        names = set(json.loads(Path(file).read_text()))
        chosen = [item for item in items if item.nodeid in names or needs_real(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    items[:] = _spread(items)


def needs_real(item) -> bool:
    """Whether a second database is asked by this test whichever statements it sends.

    Of a test that is asked with many sets of values, the first.
    """
    if item.get_closest_marker("once") or item.get_closest_marker("prometheus"):
        return False
    spec = getattr(item, "callspec", None)
    if spec and any(spec.indices.values()):
        return False
    database = item.get_closest_marker("django_db")
    return bool(
        (database and database.kwargs.get("transaction"))
        or "transactional_db" in getattr(item, "fixturenames", ())
        or any(item.get_closest_marker(name) for name in REAL)
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    return (yield from _noted(item))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    return (yield from _noted(item))


def _noted(item):
    recorder = item.config.stash.get(RECORDER, None)
    # What asks a metric's source, and what says that once is enough, is chosen for nothing else.
    if recorder is None or any(item.get_closest_marker(name) for name in ("once", "prometheus")):
        return (yield)
    with recorder.noting(item.nodeid, time.process_time) as kinds:
        try:
            return (yield)
        except pytest.skip.Exception:
            kinds.add(f"skipped: {item.nodeid}")  # so that the second database is asked
            raise


def pytest_sessionfinish(session):
    recorder = session.config.stash.get(RECORDER, None)
    if recorder is not None:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        recorder.write(Path(session.config.getoption("--note-statements")) / f"{worker}.json")


def _spread(items: list) -> list:
    """Modules that wait for processes stand evenly between the others, each of them whole.

    In a row they would all fall to one worker, and the run would end with waiting for it.
    """
    waiting: dict[str, list] = {}
    for item in items:
        if any(item.get_closest_marker(name) for name in ("process", "prometheus")):
            waiting.setdefault(item.nodeid.partition("::")[0], []).append(item)
    blocks, moved = list(waiting.values()), {item for block in waiting.values() for item in block}
    others = [item for item in items if item not in moved]
    step = len(others) // (len(blocks) + 1) + 1
    spread = []
    for place, item in enumerate(others):
        if place % step == 0 and blocks:
            spread += blocks.pop(0)
        spread.append(item)
    return spread + [item for block in blocks for item in block]


ALL_RIGHTS = ["edit", "tick", "sign", "vote", "decide", "run", "skip"]
CAST = {
    # name: (role key, role name, rights)
    "cora": ("deployment-lead", "Deployment Lead", ALL_RIGHTS),
    "thon": ("on-call", "On-Call", ["tick", "sign", "vote", "run"]),
    "hudson": ("security-lead", "Security Lead", ["tick", "sign", "vote"]),
    "forge": ("member", "Member", ["tick"]),
    "vera": ("observer", "Observer", []),
}


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """A copy of a database that was migrated once; each worker would else migrate its own."""
    with django_db_blocker.unblock():
        connection = connections["default"]
        name = connection.creation._get_test_db_name()
        connection.close()
        prepared.make_test_database(name)
        connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = name
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        prepared.drop_test_database(name)


@pytest.fixture(autouse=True)
def _plain_environment(settings, tmp_path):
    """No test reaches the network, fills var/ or waits for what only a server needs."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATUS_DIR = tmp_path / "status"
    settings.FILES_DIR = tmp_path / "files"
    settings.BY_HAND_DIR = tmp_path / "by-hand"
    settings.AXES_ENABLED = False
    # Each client would look through all static files first; so they are looked up when asked for.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _one_language():
    """What a test looked at in another language leaves the next one in ours."""
    yield
    translation.deactivate()


SIGNED = ["rollouts_watchversion"] + [
    f"checklists_{noun}"
    for noun in (
        "vote",
        "decision",
        "signoff",
        "revocation",
        "dailyentry",
        "waiver",
        "criterionversion",
        "correction",
        "result",
    )
]
WORDS = import_module("checklists.migrations.0013_keep_words")


@pytest.fixture(autouse=True, scope="session")
def _flush_lifts_the_guard():
    """Tests with real transactions end by emptying all tables, which the timeline refuses."""
    flush = TransactionTestCase._fixture_teardown

    def without_guard(case):
        databases = [connections[name] for name in case._databases_names(include_mirrors=False)]
        for connection in databases:
            timeline_guard.remove(connection)
            for table in SIGNED:
                append_only.release(connection, table)
            WORDS.release(None, connection.schema_editor())
        try:
            flush(case)
        finally:
            for connection in databases:
                timeline_guard.install(connection)
                for table in SIGNED:
                    append_only.keep(connection, table)
                WORDS.keep(None, connection.schema_editor())

    TransactionTestCase._fixture_teardown = without_guard
    yield
    TransactionTestCase._fixture_teardown = flush


def make_user(name: str, **fields) -> User:
    return User.objects.create_user(name, password="pw", first_name=name.title(), **fields)


def make_plan(slug: str = "genesis-4", name: str = "Genesis Phase 4", **fields) -> DeploymentPlan:
    return DeploymentPlan.objects.create(slug=slug, name=name, **fields)


def seat(plan: DeploymentPlan, user: User, key: str, name: str, rights: list[str]) -> Role:
    role, _ = Role.objects.get_or_create(
        plan=plan, key=key, defaults={"name": name, "rights": rights}
    )
    Seat.objects.get_or_create(role=role, user=user)
    return role


@pytest.fixture
def plan(db) -> DeploymentPlan:
    return make_plan()


@pytest.fixture
def cast(plan) -> dict[str, User]:
    """Each of CAST in their role of ``plan``; 'stranger' has no seat; 'root' administers."""
    people = {}
    for name, (key, role_name, rights) in CAST.items():
        people[name] = make_user(name)
        seat(plan, people[name], key, role_name, rights)
    people["stranger"] = make_user("stranger")
    people["root"] = make_user("root", is_superuser=True, is_staff=True)
    return people


@pytest.fixture
def phase(plan) -> Phase:
    return Phase.objects.create(plan=plan, number=1, title="System readiness")


@pytest.fixture
def item(plan, phase) -> ChecklistItem:
    return make_item(phase, 1, "Health checks pass, 5 of 5")


@pytest.fixture
def gate(plan) -> Gate:
    return Gate.objects.create(plan=plan, key="gate-1", number=1, title="5 to 10 %")


def make_item(phase: Phase, number: int, text: str, **fields) -> ChecklistItem:
    return ChecklistItem.objects.create(
        plan=phase.plan, phase=phase, number=number, position=number, text=text, **fields
    )


@pytest.fixture
def client_of(client):
    """Give a browser-like client signed in as a person: ``client_of(cast['cora'])``."""

    def sign_in(person: User, **options) -> Client:
        fresh = Client(**options)
        fresh.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return fresh

    return sign_in
