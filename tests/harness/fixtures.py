"""Fixtures over the harness; a pytest plugin that tests/conftest.py names."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.harness.demo import DemoService, Prometheus
from tests.harness.product import Product
from tests.harness.valkey import Valkey
from warroom.demo.debian import find_program

CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
# Other rounds run beside; what a page should show at last, it may show late on such a machine.
PATIENCE_MS = 20_000
TOOLS = Path(__file__).resolve().parents[2] / "var" / "tools"


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Redis-speaking server for the session; a test that kills it starts it again."""
    server = Valkey(tmp_path_factory.mktemp("valkey")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """URL of a real Redis: the one that the run was given, else one of our own."""
    return os.environ.get("REDIS_URL") or request.getfixturevalue("valkey").url


@pytest.fixture(scope="session")
def _demo_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoService]:
    service = DemoService(tmp_path_factory.mktemp("demo")).start()
    yield service
    service.stop()


@pytest.fixture
def demo_service(_demo_service: DemoService) -> Iterator[DemoService]:
    """The demo service, healthy at the start of each test."""
    _demo_service.make("healthy")
    yield _demo_service
    _demo_service.make("healthy")


@pytest.fixture(scope="session")
def prometheus(
    tmp_path_factory: pytest.TempPathFactory, _demo_service: DemoService
) -> Iterator[Prometheus]:
    """A real Prometheus that scrapes the demo service every second, as job ``genesis``."""
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), [_demo_service.target]).start()
    yield server
    server.stop()


@pytest.fixture
def start_prometheus(tmp_path: Path) -> Iterator[Callable[[list[str]], Prometheus]]:
    """Start a Prometheus of the test's own, to stop and start at will."""
    started: list[Prometheus] = []

    def start(targets: list[str]) -> Prometheus:
        server = Prometheus(tmp_path / f"prometheus{len(started)}", targets).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def make_product(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """A product on its own folder, not started yet: ``make_product("--demo").start()``."""
    made: list[Product] = []

    def make(*arguments: str, **environment: str) -> Product:
        folder = tmp_path / f"product{len(made)}"
        folder.mkdir()
        made.append(Product(folder, *arguments, **environment))
        return made[-1]

    yield make
    for product in made:
        product.clean_up()


@pytest.fixture
def running_product(make_product: Callable[..., Product]) -> Product:
    """An empty product that is up: its own folder, broker, web, worker and tick."""
    return make_product().migrated().start()


@pytest.fixture(scope="session")
def demo_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with its demo, up for the session; tests share its plans."""
    product = Product(tmp_path_factory.mktemp("demo-product"), "--demo").migrated().start()
    yield product
    product.clean_up()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Launch the machine's own Chromium (root may only without Chromium's sandbox)."""
    # Playwright's loop runs in this thread; Django's guard would refuse each query of such a test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE_MS)
    program = find_program(CHROMIUM, [TOOLS / "usr" / "bin"])
    assert program, "a browser is missing; Debian: apt-get install chromium"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": str(program), "args": arguments}
