"""The backups of a release: which there are, which count, how old the newest of those is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from checklists.models import Criterion
from checklists.queries.evidence import register_measured
from checklists.queries.measures import Measured, register_stand_in
from checklists.queries.pack import Look, Mark, Part, register_part
from checklists.rules.bands import Band
from rollouts.models import Backup
from rollouts.rules import backups as rules
from rollouts.rules.backups import Held
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.wording import duration_text, full_instant

AGE_KEY, HOURS_KEY, VERIFIED_KEY = "backup", "backup.age_h", "backup.verified"
KEYS = frozenset({AGE_KEY, HOURS_KEY, VERIFIED_KEY})
SHOWN = 100


def backups_now(plan: DeploymentPlan, now: datetime) -> list[Backup]:
    """Those on the register, newest first, read once for ``now`` (UTC)."""
    rows = Backup.objects.filter(plan=plan, retired_at=None).select_related("restored_in")
    return once(plan, now, "backups", lambda: sorted(rows.defer("metadata"), key=_newest))


def _newest(row: Backup) -> tuple[float, int]:
    return -(row.taken_at.timestamp() if row.taken_at else 0), -row.pk


def reads_back(row: Backup) -> bool:
    """Whether somebody read it: by its checksum, or by restoring from it."""
    return not row.mismatch and (row.verified_at is not None or row.restored_at is not None)


def is_own(row: Backup, plan: DeploymentPlan) -> bool:
    """Whether it is of the environment that the release goes to."""
    return rules.same_environment(row.environment, plan.environment)


def newest_that_counts(plan: DeploymentPlan, now: datetime) -> Backup | None:
    """The newest of the release's own environment that was read back (S12)."""
    rows = (row for row in backups_now(plan, now) if row.taken_at and is_own(row, plan))
    return next((row for row in rows if reads_back(row)), None)


@dataclass(frozen=True)
class Row:
    """A backup as the page shows it. ``word`` and ``signal``: whether it was read back."""

    backup: Backup
    size: str
    commit: str
    sha256: str
    signal: str
    word: str
    own: bool


@dataclass(frozen=True)
class Register:
    rows: tuple[Row, ...]
    count: int
    verified: int
    newest_age: timedelta | None
    said: tuple[str, ...]  # what speaks against them, in sentences


def register(plan: DeploymentPlan, now: datetime) -> Register:
    """The register as it stands; one SQL statement."""
    rows = backups_now(plan, now)
    newest = next((row.taken_at for row in rows if row.taken_at), None)
    return Register(
        rows=tuple(_row(row, plan) for row in rows[:SHOWN]),
        count=len(rows),
        verified=sum(reads_back(row) for row in rows),
        newest_age=now - newest if newest else None,
        said=tuple(text for _unused, text in findings(plan, rows)),
    )


def _row(row: Backup, plan: DeploymentPlan) -> Row:
    signal, word = "none", _("Not verified")
    if row.mismatch:
        signal, word = "bad", _("Not what it claims")
    elif reads_back(row):
        signal, word = "mute", _("reads back") if row.verified_at else _("restored")
    return Row(
        backup=row,
        size=rules.size_words(row.size_bytes) if not row.size_text else _kept(row),
        commit=row.commit[:7] if len(row.commit) == 40 else row.commit,
        sha256=rules.short(row.sha256 or row.verified_sha256),
        signal=signal,
        word=word,
        own=is_own(row, plan),
    )


def _kept(row: Backup) -> str:
    """A size in the words it came in: 700K, which is 717 kB."""
    return row.size_text


def findings(plan: DeploymentPlan, rows: Sequence[Backup]) -> list[tuple[str, str]]:
    held = [Held(row.name, row.environment, reads_back(row), row.mismatch) for row in rows]
    return rules.findings(held, plan.environment)


def earlier_commits(plan: DeploymentPlan, now: datetime) -> list[Backup]:
    """Where a rollback could go (S3): the newest backup of each commit, those of here first.

    The commit that is released now is no way back.
    """
    current = {str(value).lower() for value in (plan.version, *plan.facts.values())}
    found: dict[str, Backup] = {}
    rows = [row for row in backups_now(plan, now) if row.commit and not row.mismatch]
    for row in sorted(rows, key=lambda one: not is_own(one, plan)):
        if not any(word and row.commit.lower().startswith(word) for word in _hex(current)):
            found.setdefault(row.commit, row)
    return list(found.values())


def _hex(words: set[str]) -> set[str]:
    digits = set("0123456789abcdef")
    return {word for word in words if 7 <= len(word) <= 40 and digits.issuperset(word)}


# --- what gates see ----------------------------------------------------------------------------


def _made(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """When the newest backup was made that was read back; what was not read does not count."""
    rows = backups_now(plan, now)
    if not rows:
        return None
    row = newest_that_counts(plan, now)
    if row is None:
        return Measured(why=_why_none(plan, rows), origin=_("backup register"))
    return Measured(
        value=1.0,
        text=row.name,
        origin=_("backup register: {row}").format(row=row.name),
        observed_at=row.taken_at,
        url=f"{plan.get_absolute_url()}rollout/recovery/#backups",
    )


def _why_none(plan: DeploymentPlan, rows: Sequence[Backup]) -> str:
    said = [text for _unused, text in findings(plan, rows)]
    return said[0].rstrip(".") if said else _("no backup says when it was made and was read back")


def _hours(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    made = _made(plan, criterion, now)
    if made is None or made.observed_at is None:
        return made
    age = max(now - made.observed_at, timedelta(0))
    return Measured(
        value=age.total_seconds() / 3600,
        text=duration_text(age),
        unit="h",
        origin=made.origin,
        url=made.url,
    )


def _verified(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """How many of the release's own environment were read back."""
    rows = [row for row in backups_now(plan, now) if is_own(row, plan)]
    if not backups_now(plan, now):
        return None
    good = sum(reads_back(row) for row in rows)
    text = _("{good} of {count}").format(good=good, count=len(rows))
    return Measured(value=float(good), text=text, unit="", origin=_("backup register"))


for key, measure in ((AGE_KEY, _made), (HOURS_KEY, _hours), (VERIFIED_KEY, _verified)):
    register_stand_in(key, measure)


def own_keys(plan: DeploymentPlan, now: datetime) -> set[str]:
    """With a register nobody posts how old a backup is."""
    return set(KEYS) if backups_now(plan, now) else set()


register_measured(own_keys)


# --- the review pack ---------------------------------------------------------------------------


def pack_part(look: Look) -> Part | None:
    """Backups in the review pack, and what speaks against them (S10)."""
    found = register(look.plan, look.now)
    if not found.rows:
        return None
    rows = tuple(
        (
            row.backup.name,
            row.backup.environment,
            full_instant(row.backup.taken_at) if row.backup.taken_at else _("not said"),
            row.commit,
            row.size,
            Mark(_BANDS[row.signal], row.word),
        )
        for row in found.rows[:20]
    )
    head = (_("Backup"), _("Environment"), _("Taken"), _("Commit"), _("Size"), _("Verified"))
    sentence = _("{verified} of {count} were read back.").format(
        verified=found.verified, count=found.count
    )
    return Part("backups", _("Backups"), sentence, head, rows, found.said)


_BANDS = {"mute": Band.GREEN, "none": Band.NO_DATA, "bad": Band.RED}

register_part(75, pack_part)
