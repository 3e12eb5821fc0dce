"""The house stands: imports go down only, between the floors and between the shelves of an app."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ["warroom", "checklists", "rollouts"]  # bottom first
# Shelves from left to right; a module imports only from its own shelf and those to its left.
# Shelves on one step do not import each other.
STEPS = [
    {"append_only"},
    {
        "models",
        "rules",
        "timeline_guard",
        "secret_key",
        "probes",
        "executors",
        "ports",
        "bodies",
        "broker",
        "environment",
    },
    {"queries", "outbound"},
    {"outbound_sockets"},
    {"live", "documents"},
    {"actions", "navigation"},
    {"form_parts"},
    {
        "forms",
        "new_forms",
        "people_forms",
        "panels",
        "panels_evidence",
        "panels_followups",
        "evidence_forms",
        "tasks",
        "linting",
        "contact_forms",
        "readiness_forms",
        "load_forms",
        "panels_load",
        "panels_readiness",
        "risks_forms",
        "followup_forms",
        "demo",
        "demo_evidence",
        "demo_deputies",
        "demo_findings",
        "demo_gates",
        "linting_findings",
        "linting_risks",
        "demo_readiness",
        "demo_load",
        "demo_risks",
        "supervisor",
        "templatetags",
        "context_processors",
        "once",
        "sending",
        "problems",
    },
    {
        "sections",
        "panels_room",
        "panels_meeting",
        "panels_wall",
        "panels_signing",
        "panels_risks",
        "panels_absence",
        "linting_votes",
        "linting_criteria",
        "linting_branches",
        "voting_forms",
        "panels_findings",
        "forms_editing",
        "forms_days",
        "settings_forms",
    },
    {"finding_forms", "criteria_forms"},
    {
        "views",
        "api",
        "item_api",
        "wait_api",
        "decisions_api",
        "evidence_api",
        "findings_api",
        "trials_api",
        "admin",
        "checks",
        "ticker",
    },
    {
        "urls",
        "open_urls",
        "middleware",
        "document_api",
        "new_api",
        "plan_api",
        "people_api",
        "readiness_api",
        "votes_api",
        "criteria_api",
        "risks_api",
        "api_editing",
    },
]
# Wiring, read by Django and Celery themselves: may name anything of its own floor or below.
WIRING = {"settings", "static_files", "asgi", "celery", "apps", "management", "migrations"}
WIRING |= {"__init__", "formats"}
BANNED = {"utils", "services", "helpers"}


def modules(root: Path) -> list[Path]:
    return [path for floor in FLOORS for path in sorted((root / floor).rglob("*.py"))]


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, root: Path) -> list[str]:
    """Every module that a file imports, as an absolute dotted name."""
    package = path.relative_to(root).parent.parts
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [f"{module}.{alias.name}" for alias in node.names]
    return found


def shelf(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def step(name: str) -> int | None:
    return next((i for i, shelves in enumerate(STEPS) if shelf(name) in shelves), None)


def offences(root: Path) -> list[str]:
    """Imports that go up, in words; empty when the house stands."""
    wrong = []
    for path in modules(root):
        here = name_of(path, root)
        for target in imports(path, root):
            floor = target.split(".")[0]
            if floor not in FLOORS:
                continue
            if FLOORS.index(floor) > FLOORS.index(here.split(".")[0]):
                wrong.append(f"{here} imports {target} from the floor above")
            elif floor == here.split(".")[0] and _goes_right(here, target):
                wrong.append(f"{here} imports {target} from a shelf to its right")
    return wrong


def _goes_right(here: str, target: str) -> bool:
    if shelf(here) in WIRING or shelf(here) == shelf(target):
        return False
    mine, theirs = step(here), step(target)
    return mine is not None and theirs is not None and theirs >= mine


def test_imports_go_down_only():
    assert offences(ROOT) == []


def test_every_module_stands_on_a_known_shelf():
    known = set().union(*STEPS, WIRING)
    assert {shelf(name_of(path, ROOT)) for path in modules(ROOT)} <= known


def test_no_room_is_called_a_drawer_for_everything():
    assert [path for path in modules(ROOT) if path.stem in BANNED] == []


@pytest.mark.parametrize(
    ("where", "line", "says"),
    [
        ("warroom/models/plans.py", "from checklists.models import Gate", "floor above"),
        ("checklists/actions/items.py", "import rollouts.models", "floor above"),
        ("checklists/rules/gates.py", "from checklists.queries import items", "to its right"),
        ("warroom/queries/plans.py", "from ..actions import change", "to its right"),
        ("rollouts/probes/http.py", "from rollouts.models import HealthCheck", "to its right"),
    ],
)
def test_a_planted_upward_import_is_found(tmp_path, where, line, says):
    planted = tmp_path / where
    planted.parent.mkdir(parents=True)
    planted.write_text(f"{line}\n")
    assert [says in offence for offence in offences(tmp_path)] == [True]


def test_imports_stand_at_the_top_of_their_file():
    inside = []
    for path in modules(ROOT):
        if path.stem == "apps":  # Django's ready() is the one place that must import late
            continue
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inside += [
                    f"{path.relative_to(ROOT)}:{node.lineno}"
                    for node in ast.walk(function)
                    if isinstance(node, ast.Import | ast.ImportFrom)
                ]
    assert inside == []
