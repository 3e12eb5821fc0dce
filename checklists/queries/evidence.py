"""Which keys of evidence a plan knows, and who writes them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.models import Criterion, Evidence
from checklists.rules.evidence import is_compared, names_commit, other_commit
from warroom.models import DeploymentPlan

Measuring = Callable[[DeploymentPlan, datetime], Iterable[str]]
_measuring: list[Measuring] = []
JUDGED = "judged:"
_COMMITS = ("commit", "version", "revision", "sha")


@dataclass(frozen=True)
class KnownKey:
    """A key that can be asked for; ``label`` and ``text`` say what it is and what it says now."""

    key: str
    label: str
    text: str
    unit: str


def register_measured(keys: Measuring) -> None:
    """``keys(plan, now)``: the keys that a machine of the room itself writes. Nobody else may.

    It asks with ``now`` for what a page has read anyway.
    """
    if keys not in _measuring:
        _measuring.append(keys)


def measured_keys(plan: DeploymentPlan, now: datetime) -> set[str]:
    """Every key that the room measures by itself at an instant (UTC)."""
    return {key for keys in _measuring for key in keys(plan, now)}


def known_keys(plan: DeploymentPlan) -> list[KnownKey]:
    """Keys for the lists that forms offer: what was read, and what criteria ask; in their order.

    Two SQL statements. Judgements of persons are no keys.
    """
    read = Evidence.objects.filter(plan=plan).exclude(key__startswith=JUDGED)
    known = {row.key: KnownKey(row.key, row.label, row.text, row.unit) for row in read}
    asked = Criterion.objects.filter(gate__plan=plan).exclude(evidence_key="")
    for key, label, unit in asked.values_list("evidence_key", "label", "unit"):
        known.setdefault(key, KnownKey(key, label, "", unit))
    return [known[key] for key in sorted(known)]


def commit_names(plan: DeploymentPlan) -> list[str]:
    """What the plan says of the commit or version that it releases, in its own words."""
    named = (name for name in plan.facts if any(word in name.lower() for word in _COMMITS))
    return [plan.version, *(str(plan.facts[name]) for name in named)]


def not_compared(plan: DeploymentPlan, commit: str) -> str:
    """That nobody can tell whether ``commit`` is the release's; "" where it was compared."""
    named = commit_names(plan)
    if not commit or names_commit(named) or is_compared(commit, named):
        return ""
    called = (
        _("version {version} and no commit").format(version=plan.version)
        if plan.version
        else _("no commit")
    )
    return _("This release names {called}, so {commit} is not compared with it.").format(
        called=called, commit=commit
    )


def other_version(plan: DeploymentPlan, commit: str) -> str:
    """Why a result of ``commit`` is none of the release as it is named now; "" where it may be."""
    other = other_commit(commit, commit_names(plan)) if commit else ""
    return (
        _("it is of {commit}, and this release is {other}").format(commit=commit, other=other)
        if other
        else ""
    )
