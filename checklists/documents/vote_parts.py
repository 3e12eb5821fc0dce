"""Who votes at a gate and what silence does, as fields of a gate in the plan file."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any

from pydantic import Field

from checklists.models import Gate, Quorum
from warroom.documents import fields as f

DELEGATE_MINUTES, SILENCE_MINUTES = 10, 60
_WEEK = 7 * 86_400


class VotingFields(f.Strict):
    """``goes``: so many of the roles have to say go; without it, every one. ``silence: 0m``: the
    gate never holds by itself.
    """

    goes: Annotated[int, Field(ge=1, le=1000)] | None = None
    voters: Annotated[list[f.key(60)], Field(max_length=200)] = []
    veto: Annotated[list[f.key(60)], Field(max_length=200)] = []
    delegate: f.a_length(most=_WEEK, step=60) = DELEGATE_MINUTES * 60
    silence: f.a_length(most=_WEEK, step=60) = SILENCE_MINUTES * 60


def voting_given(gate: Gate, roles: Collection[str]) -> dict[str, Any]:
    """The fields that are not as usual; keys that are none of ``roles`` any more are left out."""
    silence, delegate = gate.silence_minutes, gate.delegate_minutes
    counts = gate.quorum == Quorum.COUNT and gate.quorum_count
    return {
        "goes": gate.quorum_count if counts else None,
        "voters": [key for key in gate.voters if key in roles],
        "veto": [key for key in gate.veto_roles if key in roles],
        "delegate": None if delegate == DELEGATE_MINUTES else f.length(delegate * 60),
        "silence": None if silence == SILENCE_MINUTES else f.length((silence or 0) * 60),
    }


def voting_row(one: VotingFields) -> dict[str, Any]:
    """The columns of a gate's row."""
    return {
        "quorum": Quorum.COUNT if one.goes else Quorum.ALL,
        "quorum_count": one.goes,
        "voters": sorted(set(one.voters)),
        "veto_roles": sorted(set(one.veto)),
        "delegate_minutes": one.delegate // 60,
        "silence_minutes": one.silence // 60 or None,
    }


def voting_faults(one: VotingFields, n: int, roles: Collection[str]) -> Iterable[f.Fault]:
    """Keys that name no role of the file."""
    for name in ("voters", "veto"):
        for place, key in enumerate(getattr(one, name)):
            yield from f.unknown(key, roles, ("gates", n, name, place), "role")
