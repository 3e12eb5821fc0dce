"""What is read of real documents, beside what a careful person finds in them.

``python -m tests.bench --part documents`` reads the corpus and the source documents that lie beside
the checkout; ``python -m tests.bench.documents FOLDER [--json]`` reads any folder of .md and .txt,
against an ``expected.json`` in or above it when there is one.

An item is wrong when its line is no task item, row of a status table or drawn box; missed when a
task item became neither an item nor a signer, a choice of a decision or a trigger, which is what
these boxes are.
"""

import argparse
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings

# Counted by hand in the four source documents: sign-off roles, contacts, criteria, risks.
BY_HAND = {
    "000_": {"task": 47, "signers": 4, "contacts": 0, "criteria": 22, "risks": 0},
    "001_": {"task": 25, "signers": 0, "contacts": 3, "criteria": 13, "risks": 3},
    "002_": {"task": 61, "signers": 0, "contacts": 0, "criteria": 0, "risks": 4},
    "003_": {"task": 101, "signers": 3, "contacts": 0, "criteria": 0, "risks": 0},
}
KINDS = ("signers", "contacts", "criteria", "risks")
INSTEAD = frozenset({"signer", "decision", "trigger"})
_WORD = re.compile(r"\w+")


def run() -> dict[str, Any]:
    shared = Path(settings.BASE_DIR).parent / "shared"
    folders = [shared / "corpus" / "documents", shared / "seeds"]
    figures = {k: v for folder in folders if folder.is_dir() for k, v in read(folder).items()}
    return {"documents": len(figures), **totals(figures)}


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Figures by file name."""
    known = _expected(folder)
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".md", ".txt"))
    return {path.name: figures_of(path.read_bytes(), known.get(path.name, {})) for path in paths}


def _expected(folder: Path) -> dict[str, Any]:
    for place in (folder, folder.parent):
        if (place / "expected.json").exists():
            return json.loads((place / "expected.json").read_text())["documents"]
    hand = {p.name: BY_HAND[p.name[:4]] for p in folder.iterdir() if p.name[:4] in BY_HAND}
    return {name: {"task_items": one["task"], "counted": one} for name, one in hand.items()}


def figures_of(data: bytes, expected: dict[str, Any]) -> dict[str, Any]:
    """One document: right, wrong and missed items, and found / expected of the rest."""
    from warroom.documents.reading import understand  # noqa: PLC0415  Django is set up by then

    began = time.process_time()
    found = understand(data).understanding
    took = time.process_time() - began
    items = [item for phase in found.parts["phases"] for item in phase.items]
    became = {line.number: line.became for line in found.lines}
    boxes = _box_lines(found.document)
    right = sum(1 for item in items if item.line in boxes)
    rows = sum(1 for item in items if item.line in _row_lines(found.document))
    known = expected.get("task_items")
    seen = right + sum(1 for line in boxes if became[line] in INSTEAD)
    figures = {
        "right": right + rows,
        "wrong": len(items) - right - rows,
        "missed": max((len(boxes) if known is None else known) - seen, 0),
        "phases": len(found.parts["phases"]),
        "owners": sum(1 for item in items if item.details.owner),
        "due": sum(1 for item in items if item.details.due_at),
        "offsets": sum(1 for item in items if item.details.due_offset_s is not None),
        "priorities": sum(1 for item in items if item.details.priority),
        "table rows": rows,
        "offered": len(found.offers),
        "seconds": round(took, 3),
    }
    return figures | _compared(found, expected)


def _box_lines(document) -> set[int]:
    from warroom.documents.blocks import ListItem  # noqa: PLC0415
    from warroom.documents.parse import glyph_box  # noqa: PLC0415

    drawn = {n for n, row in enumerate(document.lines, 1) if glyph_box(row.lstrip(" -*"))}
    return drawn | {b.line for _, b in document.blocks() if isinstance(b, ListItem) and b.box}


def _row_lines(document) -> set[int]:
    from warroom.documents.blocks import Table  # noqa: PLC0415

    tables = [b for _, b in document.blocks() if isinstance(b, Table)]
    return {row.line for table in tables for row in table.rows}


def _compared(found, expected: dict[str, Any]) -> dict[str, str]:
    """``signers: 3/3 +1``: found of those expected, and how many more were found."""
    names = {
        "signers": [r.name for r in found.parts["roles"] if r.signs and r.line],
        "contacts": [c.role or c.name for c in found.parts["contacts"]],
        "criteria": [c.label for g in found.parts["gates"] for c in g.criteria],
        "risks": [risk.title for risk in found.parts["risks"]],
    }
    wanted = _wanted(expected)
    return {kind: _against(names[kind], wanted[kind]) for kind in KINDS if kind in wanted}


def _wanted(expected: dict[str, Any]) -> dict[str, Any]:
    """Names, or a number where only the number is known."""
    if "counted" in expected:
        return expected["counted"]
    said = expected.get("expect", {})
    rows = said.get("contacts_table_rows") or said.get("client_team_contacts")
    wanted = {
        "signers": said.get("signoff_roles", said.get("signoff_lines")),
        "contacts": [c["role"] for c in said["contacts"]] if "contacts" in said else rows,
        "criteria": [c["metric"] for c in said["criteria"]] if "criteria" in said else None,
        "risks": said.get("risks"),
    }
    return {kind: value for kind, value in wanted.items() if value is not None}


def _against(found: list[str], wanted: list[str] | int) -> str:
    if isinstance(wanted, int):
        hit, more = min(len(found), wanted), max(len(found) - wanted, 0)
        return f"{hit}/{wanted}" + (f" +{more}" if more else "")
    left = [_plain(name) for name in found]
    hit = 0
    for name in map(_plain, wanted):
        match = next((one for one in left if name == one or name in one or one in name), None)
        if match is not None:
            left.remove(match)
            hit += 1
    return f"{hit}/{len(wanted)}" + (f" +{len(left)}" if left else "")


def _plain(name: str) -> str:
    return " ".join(_WORD.findall(name.lower()))


def totals(figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The sums, and for each kind how many of the expected ones were found."""
    keys = ("right", "wrong", "missed", "phases", "owners", "due", "offsets", "priorities")
    sums: dict[str, Any] = {key: sum(one[key] for one in figures.values()) for key in keys}
    sums["table rows"] = sum(one["table rows"] for one in figures.values())
    sums["offered"] = sum(one["offered"] for one in figures.values())
    sums["slowest, seconds"] = max((one["seconds"] for one in figures.values()), default=0)
    for kind in KINDS:
        said = [one[kind].split(" ")[0].split("/") for one in figures.values() if kind in one]
        hit, wanted = (sum(int(pair[n]) for pair in said) for n in (0, 1))
        extra = sum(
            int(one[kind].partition("+")[2] or 0) for one in figures.values() if kind in one
        )
        sums[kind] = f"{hit}/{wanted}" + (f" +{extra}" if extra else "")
    return sums


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    figures = read(chosen.folder)
    if chosen.json:
        print(json.dumps({"documents": figures, "totals": totals(figures)}, indent=1))
        return
    for name, one in [*figures.items(), ("all", totals(figures))]:
        print(f"{name[:12]:<13}", "  ".join(f"{key} {value}" for key, value in one.items()))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "warroom.settings")
    django.setup()
    main()
