"""What a gate is set to, and what of it people vote on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.votes import ALL, COUNT, too_few

HOLD_MOST = 20160  # two weeks
DELEGATE_MOST, SILENCE_MOST = 10_080, 10_080  # a week

# A change of one of these asks for new votes; the others leave the votes standing.
VOTED_ON = ("quorum", "quorum_count", "voters", "veto_roles")
LABELS = {
    "title": _l("title"),
    "offset_s": _l("opening"),
    "decider": _l("who decides"),
    "hold_minutes": _l("hold length"),
    "voters": _l("who votes"),
    "veto_roles": _l("veto roles"),
    "quorum": _l("quorum"),
    "quorum_count": _l("number of goes wanted"),
    "delegate_minutes": _l("minutes until a vote can be delegated"),
    "silence_minutes": _l("minutes of silence"),
}


@dataclass(frozen=True)
class GateWanted:
    """A gate as somebody wants it. ``offset_s``: seconds after T0, None: open from the start.

    ``decider``, ``voters`` and ``veto_roles`` are keys of roles; no voters: every role that may
    vote. ``silence_minutes``: None, silence never holds it.
    """

    title: str
    offset_s: int | None = None
    decider: str = ""
    hold_minutes: int = 360
    voters: tuple[str, ...] = ()
    veto_roles: tuple[str, ...] = ()
    quorum: str = ALL
    quorum_count: int | None = None
    delegate_minutes: int = 10
    silence_minutes: int | None = 60

    def values(self) -> dict[str, Any]:
        """Its fields as they are kept; lists in the order of the alphabet."""
        kept = asdict(self) | {
            "title": " ".join(self.title.split()),
            "voters": sorted(set(self.voters)),
            "veto_roles": sorted(set(self.veto_roles)),
        }
        return kept | ({"quorum_count": None} if self.quorum == ALL else {})


def gate_objection(
    wanted: Mapping[str, Any], roles: Collection[str], voting: Sequence[str]
) -> tuple[str, str] | None:
    """Why a gate may not be set so: (field, sentence), or None. ``voting``: who may vote."""
    if not wanted["title"]:
        return "title", _("A gate wants a title, such as 5 to 10 %.")
    if len(wanted["title"]) > 200:
        return "title", _("The title has more than 200 characters.")
    for field in ("voters", "veto_roles"):
        if unknown := [key for key in wanted[field] if key not in roles]:
            return field, _("This release has no role {unknown!r}.").format(unknown=unknown[0])
    if wanted["decider"] and wanted["decider"] not in roles:
        return "decider", _("This release has no role {decider!r}.").format(
            decider=wanted["decider"]
        )
    return _of_quorum(wanted, voting) or _of_minutes(wanted)


def _of_quorum(wanted: Mapping[str, Any], voting: Sequence[str]) -> tuple[str, str] | None:
    if wanted["quorum"] not in (ALL, COUNT):
        return "quorum", _("{quorum!r} is no quorum. One of: {all}, {count}.").format(
            quorum=wanted["quorum"], all=ALL, count=COUNT
        )
    if wanted["quorum"] == ALL:
        return None
    # Whoever is named to vote and has no right to gives no go.
    count = wanted["quorum_count"]
    many = len(set(wanted["voters"]) & set(voting) if wanted["voters"] else set(voting))
    if not count or count < 1:
        return "quorum_count", _("Say how many roles have to say go.")
    if count > many:
        return "quorum_count", f"{too_few(count, many)}."
    return None


def _of_minutes(wanted: Mapping[str, Any]) -> tuple[str, str] | None:
    limits = {
        "hold_minutes": (1, HOLD_MOST),
        "delegate_minutes": (0, DELEGATE_MOST),
        "silence_minutes": (1, SILENCE_MOST),
    }
    for field, (least, most) in limits.items():
        value = wanted[field]
        if value is not None and not least <= value <= most:
            return field, _("{value} minutes are out of bounds: {least} to {most}.").format(
                value=value, least=least, most=most
            )
    return None


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs, as field -> [before, after]."""
    return {
        name: [before[name], after[name]] for name in LABELS if before.get(name) != after.get(name)
    }
