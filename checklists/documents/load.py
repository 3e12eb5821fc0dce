"""Load profiles: "Peak Load: 500 users, 15 minutes" in lists and commands, and tables of them.

Limits stand elsewhere in such documents ("P95 < 500ms, error rate < 1%") and hold for all of them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import LoadProfile
from checklists.rules.bands import Bound
from checklists.rules.load import LIMITED, columns, read_limit
from warroom.documents.blocks import Block, Document, Fence, Table, walk
from warroom.documents.blocks import ListItem as Item
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan
from warroom.rules.keys import free_key

MOST = 60
_USERS = r"(?P<users>\d[\d,]{0,9})\s*(?:concurrent |virtual |simultaneous )?(?:users?|VUs?)\b"
_LASTS = r"(?P<lasts>\d[\d,]{0,5})\s*(?P<unit>min(?:ute)?s?|hours?|h)\b"
_NAME = r"^[\s#*>-]*(?:\d{1,3}[.)]\s*)?(?P<name>[^\W\d][^:(|]{1,60}?)\s*[:(]\s*"
_ROWS = [
    re.compile(rf"{_NAME}{a}\s*,\s*{b}", re.I) for a, b in ((_USERS, _LASTS), (_LASTS, _USERS))
]
_LIMIT = re.compile(
    r"(?P<what>P\s?(?:50|95|99)|error[ -]rate|errors|throughput|RPS)\s*"
    r"(?P<bound>(?:<=?|>=?|≤|≥)\s*\d[\d.,]{0,9}\s*(?:ms|s|%|/s|rps)?)",
    re.I,
)
_LIMITS = re.compile(r"threshold|target|meets?|limits?|criteria|erwart|ziel", re.I)
_HEADS = {
    "users": re.compile(r"users|VUs|concurren", re.I),
    "minutes": re.compile(r"duration|minutes|^time|dauer", re.I),
    "p50_ms": re.compile(r"p\s?50|median", re.I),
    "p95_ms": re.compile(r"p\s?95", re.I),
    "p99_ms": re.compile(r"p\s?99", re.I),
    "error_percent": re.compile(r"error", re.I),
    "throughput": re.compile(r"throughput|rps|req", re.I),
}
_KINDS = {kind.field: kind for kind in LIMITED}


@dataclass(frozen=True, slots=True)
class LoadFound:
    name: str
    line: int
    users: int | None
    minutes: int | None
    limits: dict[str, Bound] = field(default_factory=dict)  # by the field of the profile


class Load(Reader):
    name = "load"
    order = 22  # before gates and items: their readers take tables and commands whole

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[LoadFound] = []
        for section in document.sections:
            for block in section.blocks:
                for number, profile in _profiles(block):
                    if len(found) < MOST and not understanding.is_claimed(number):
                        understanding.claim(number, "load profile", _("Load profile"))
                        found.append(profile)
        shared = _shared_limits(document) if found else {}
        found = list(_told_apart(_with(one, shared) for one in found))
        understanding.parts["load"] = tuple(found)
        if found:
            said = ngettext(
                "{count} load profile was found; they stand under Checks, Load, "
                "where they are run.",
                "{count} load profiles were found; they stand under Checks, Load, "
                "where they are run.",
                len(found),
            )
            text = said.format(count=len(found))
            understanding.find(found[0].line, NOTE, "load", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        profiles = list(plan.load_profiles.all()) if creation.extending else []
        taken, named = {one.key for one in profiles}, {(one.name, one.users) for one in profiles}
        made = []
        for one in understanding.parts["load"]:
            if (one.name, one.users) in named:
                continue
            named.add((one.name, one.users))
            key = free_key(slugify(one.name)[:40].strip("-_") or "load", taken)
            taken.add(key)
            made.append(_row(plan, key, len(profiles) + len(made) + 1, one, creation))
        creation.made["load"] = LoadProfile.objects.bulk_create(made)


def _row(
    plan: DeploymentPlan, key: str, place: int, one: LoadFound, creation: Creation
) -> LoadProfile:
    return LoadProfile(
        plan=plan,
        key=key,
        position=place,
        name=one.name,
        users=one.users,
        minutes=one.minutes,
        source_line=creation.source(one.line),
        **columns({_KINDS[name].key: bound for name, bound in one.limits.items()}),
    )


def _profiles(block: Block) -> Iterator[tuple[int, LoadFound]]:
    if isinstance(block, Table):
        yield from _from_table(block)
    elif isinstance(block, Fence) and block.fenced:
        for number, line in enumerate(block.text.split("\n"), start=block.line + 1):
            yield from _from_line(line, number)
    else:
        for inner in walk(block):
            if isinstance(inner, Item) and not inner.box:
                yield from _from_line(without_marks(plain(inner.text)), inner.line)


def _from_line(text: str, number: int) -> Iterator[tuple[int, LoadFound]]:
    for row in _ROWS:
        match = row.match(text[:300])
        if match is not None:
            lasts = _whole(match["lasts"]) * (60 if match["unit"].lower().startswith("h") else 1)
            name, users = match["name"].strip(" *_`"), _whole(match["users"])
            if users and lasts:
                yield number, LoadFound(name, number, users, lasts)
            return


def _from_table(table: Table) -> Iterator[tuple[int, LoadFound]]:
    """A profile per row, where the table says how many users for how long."""
    heads = [without_marks(plain(cell)) for cell in table.header]
    at = {
        name: next((n for n, head in enumerate(heads) if n and pattern.search(head)), None)
        for name, pattern in _HEADS.items()
    }
    if at["users"] is None or at["minutes"] is None:
        return
    for row in table.rows:
        cells = [without_marks(plain(cell)) for cell in row.cells]
        told = {name: cells[n] for name, n in at.items() if n is not None and n < len(cells)}
        users, minutes = _leading(told.get("users", "")), _minutes(told.get("minutes", ""))
        if cells and cells[0] and users and minutes:
            limits = {
                n: v for n in told if n not in ("users", "minutes") and (v := _cell(n, told[n]))
            }
            yield row.line, LoadFound(cells[0][:200], row.line, users, minutes, limits)


def _cell(name: str, text: str) -> Bound | None:
    """The limit of a cell in the profile's own unit; None for what is none."""
    try:
        return read_limit(_KINDS[name], text)
    except ValueError:
        return None


def _shared_limits(document: Document) -> dict[str, Bound]:
    """The limits that the document states once for its load tests."""
    found: dict[str, Bound] = {}
    for line in document.lines:
        if len(line) > 500 or not _LIMITS.search(line):
            continue
        for match in _LIMIT.finditer(line):
            name = _field(match["what"])
            limit = _cell(name, match["bound"])
            if limit is not None:
                found.setdefault(name, limit)
        if "p95_ms" in found or "error_percent" in found:
            break
    return found


def _field(what: str) -> str:
    digits = re.sub(r"\D", "", what)
    if digits:
        return f"p{digits}_ms"
    return "error_percent" if what.lower().startswith("error") else "throughput"


def _with(one: LoadFound, shared: dict[str, Bound]) -> LoadFound:
    limits = one.limits or shared
    return replace(one, name=one.name[:180], limits=limits)


def _told_apart(found: Iterable[LoadFound]) -> Iterator[LoadFound]:
    """A name that comes again with other users says them: "Normal Load, 50 users"."""
    seen: set[str] = set()
    for one in found:
        name = (
            _("{one}, {users:,} users").format(one=one.name, users=one.users)
            if one.name in seen
            else one.name
        )
        seen.add(one.name)
        yield replace(one, name=name)


def _minutes(text: str) -> int | None:
    match = re.match(r"\s*(\d[\d,]{0,5})\s*(h|hours?)?\b", text, re.I)
    return _whole(match[1]) * (60 if match[2] else 1) if match else None


def _leading(text: str) -> int | None:
    match = re.match(r"\s*(\d[\d,]{0,9})\b", text)
    return _whole(match[1]) if match else None


def _whole(text: str) -> int:
    return int(text.replace(",", ""))


register(Load())
