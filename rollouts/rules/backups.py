"""What the metadata of a backup say, as scripts write them; and what checksums prove. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from warroom.rules.typed import date_of

SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,199}")
COMMIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,63}")
MOST_BYTES = 1 << 60
MOST_EXTRA = 16_000  # characters of metadata that nobody here reads
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})[_T-]?(\d{2})(\d{2})(\d{2})?Z?")
_SIZE = re.compile(r"([0-9]{1,12}(?:[.,][0-9]{1,3})?)\s*([KMGTP]?)(i?)(B?)(?:ytes)?", re.I)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}

# Our field, and under which keys scripts say it; the first that is given counts.
KEYS: dict[str, tuple[str, ...]] = {
    "name": ("name", "backup_name", "id"),
    "environment": ("environment", "env"),
    "commit": ("commit", "git_sha", "git_commit", "sha", "revision"),
    "branch": ("branch", "git_branch"),
    "size": ("size_bytes", "size", "backup_size"),
    "files": ("files", "file_count"),
    "location": ("location", "path", "url"),
    "taken_at": ("taken_at", "timestamp", "created", "created_at", "time"),
    "sha256": ("sha256", "checksum", "sha256sum"),
}


class Wrong(ValueError):
    """What is wrong with the metadata; ``field`` is the key under which it was said."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


@dataclass(frozen=True)
class Said:
    """A backup as its metadata tell it. ``taken_at`` UTC; ``size_text`` as it was written."""

    name: str
    environment: str = ""
    commit: str = ""
    branch: str = ""
    size_bytes: int | None = None
    size_text: str = ""
    files: int | None = None
    location: str = ""
    taken_at: datetime | None = None
    sha256: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


def read(metadata: Mapping[str, Any], now: datetime) -> Said:
    """Read the metadata of a backup, as they come. Raises Wrong, which names the key.

    A time without a zone is UTC. Without a name it is ``<environment>_<timestamp>``, as the
    folder is called. What nobody here reads is kept.
    """
    found = {name: _first(metadata, keys) for name, keys in KEYS.items()}
    key, stamp = found["taken_at"]
    taken_at = _instant(key, stamp, now) if stamp not in (None, "") else None
    environment = _text(*found["environment"], 60)
    size_key, size = found["size"]
    bytes_, text = _size(size_key, size)
    return Said(
        name=_name(found["name"], environment, str(stamp or ""), taken_at),
        environment=environment,
        commit=_commit(*found["commit"]),
        branch=_text(*found["branch"], 120),
        size_bytes=bytes_,
        size_text=text,
        files=_count(*found["files"]),
        location=_text(*found["location"], 500),
        taken_at=taken_at,
        sha256=checksum(*found["sha256"]),
        metadata=dict(metadata),
    )


def _first(metadata: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, Any]:
    return next(((key, metadata[key]) for key in keys if metadata.get(key) is not None),
                (keys[0], None))  # fmt: skip


def _text(key: str, value: Any, most: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise Wrong(key, _("{key} is no text.").format(key=key))
    text = str(value).replace("\0", "").strip()
    if len(text) > most:
        raise Wrong(key, _("{key} has more than {most} characters.").format(key=key, most=most))
    return text


def _name(said: tuple[str, Any], environment: str, stamp: str, taken_at: datetime | None) -> str:
    key, value = said
    name = _text(key, value, 200)
    if not name and taken_at is not None:
        usual = stamp if _STAMP.fullmatch(stamp) else f"{taken_at:%Y%m%d_%H%M%S}"
        name = f"{environment or 'backup'}_{usual}"
    if not name:
        raise Wrong("name", _("Say a name, or a timestamp and an environment to make one of."))
    name = re.sub(r"\s+", "-", name.rstrip("/"))
    if not NAME.fullmatch(name):
        raise Wrong(
            key,
            _("{name!r} is no name: letters, digits and . _ - : @ + only.").format(name=name[:60]),
        )
    return name


def _commit(key: str, value: Any) -> str:
    text = _text(key, value, 64)
    if text and not COMMIT.fullmatch(text):
        raise Wrong(key, _("{text!r} names no commit.").format(text=text))
    return text


def _count(key: str, value: Any) -> int | None:
    """A number of files; a list of them is counted."""
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return len(value)
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
        raise Wrong(key, _("{text!r} is no number of files.").format(text=text[:40]))
    return int(text)


def _instant(key: str, value: Any, now: datetime) -> datetime:
    text = str(value).strip()
    match = _STAMP.fullmatch(text)
    try:
        if match:
            parts = [int(part or 0) for part in match.groups()]
            at: datetime | None = datetime(*parts, tzinfo=UTC)
        else:
            at = _iso(text) or date_of(text)
    except ValueError:
        at = None
    if at is None:
        raise Wrong(
            key,
            _("{text!r} is no time. Write 20251015_063700 or 2025-10-15 06:37.").format(
                text=text[:40]
            ),
        )
    if at.year < 1990 or (at - now).total_seconds() > 300:
        raise Wrong(
            key,
            _("{text!r} lies {words}.").format(
                text=text[:40], words=_("in the future") if at > now else _("long ago")
            ),
        )
    return at


def _iso(text: str) -> datetime | None:
    """An ISO time with a time of day, or the seconds of a Unix clock."""
    if re.fullmatch(r"[0-9]{9,10}", text):
        return datetime.fromtimestamp(int(text), UTC)
    if not re.search(r"\d[T ]\d", text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _size(key: str, value: Any) -> tuple[int | None, str]:
    """Bytes and the text: "700K" is 716,800 as `du -h` counts, "700 kB" 700,000."""
    if value is None or value == "":
        return None, ""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value <= MOST_BYTES:
            raise Wrong(key, _("{value} bytes cannot be meant.").format(value=value))
        return value, ""
    text = _text(key, value, 30)
    match = _SIZE.fullmatch(text)
    if match is None:
        raise Wrong(
            key,
            _("{text!r} is no size. Write such as 700K, 1.2 GB or a number of bytes.").format(
                text=text
            ),
        )
    number, unit, binary, named = match.groups()
    base = 1000 if named and not binary and unit else 1024
    size = round(float(number.replace(",", ".")) * base ** _POWERS[unit.upper()])
    if size > MOST_BYTES:
        raise Wrong(key, _("{text!r} cannot be meant.").format(text=text))
    return size, text


def checksum(key: str, value: Any) -> str:
    """A SHA-256 in small letters, or "". Takes a line of `sha256sum` and the prefix ``sha256:``."""
    text = _text(key, value, 700).lower().removeprefix("sha256:")
    digest = text.split()[0].lstrip("\\") if text.split() else ""
    if digest and not SHA256.fullmatch(digest):
        raise Wrong(
            key,
            _("{digest!r} is no SHA-256: it has 64 hexadecimal digits.").format(digest=digest[:40]),
        )
    return digest


def short(sha256: str) -> str:
    """``8c41…d2f0``; "" for none."""
    return f"{sha256[:4]}…{sha256[-4:]}" if sha256 else ""


def size_words(size_bytes: int | None) -> str:
    """``700 kB``, ``1.2 GB``; "" for none."""
    if size_bytes is None:
        return ""
    size, units = float(size_bytes), ["B", "kB", "MB", "GB", "TB", "PB"]
    while size >= 1000 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if size >= 10 or units[0] == "B" else f"{size:.1f} {units[0]}"


@dataclass(frozen=True)
class Held:
    """A backup as the checks below see it."""

    name: str
    environment: str
    verified: bool
    mismatch: bool


def findings(rows: list[Held], environment: str) -> list[tuple[str, str]]:
    """What speaks against the backups of a release, as codes and sentences (S11, S12)."""
    found = []
    bad = [row.name for row in rows if row.mismatch]
    if bad:
        names = ", ".join(bad[:3])
        found.append(
            (
                "backup_mismatch",
                _("{names}: the file is not what its checksum claims.").format(names=names),
            )
        )
    own = [
        row for row in rows if not row.mismatch and same_environment(row.environment, environment)
    ]
    if rows and environment and not own:
        kinds = ", ".join(sorted({row.environment or _("no environment") for row in rows}))
        text = _("All {count} are of {kinds}; none is of {environment}.").format(
            count=len(rows), kinds=kinds, environment=environment
        )
        found.append(("backup_elsewhere", text))
    elif own and not any(row.verified for row in own):
        text = _("None of the {count} of {environment} was read back.").format(
            count=len(own), environment=environment or _("this release")
        )
        found.append(("backup_unverified", text))
    return found


def same_environment(one: str, other: str) -> bool:
    """Whether two environments are one: production and prod are."""
    first, second = (text.strip().lower() for text in (one, other))
    return not second or first == second or (first[:4] == second[:4] == "prod")
