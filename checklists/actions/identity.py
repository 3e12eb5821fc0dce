"""What falls when a release's version or environment changes, and the gates' hold length."""

from typing import Any

from checklists.actions.revoking import take_back
from checklists.models import DecisionWord, Gate, SignOff, Vote
from warroom.actions.change import Change
from warroom.actions.plans import Holds, Identity, register_holds, register_identity
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text

_FINAL = (DecisionWord.GO, DecisionWord.NO_GO)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


class Signed(Identity):
    """Signatures name version and environment, so they fall; votes stay and are marked."""

    def effect(self, plan: DeploymentPlan) -> str:
        signed, votes = len(_standing(plan)), len(_votes(plan))
        if not signed and not votes:
            return ""
        parts = [f"revokes {_many(signed, 'signature')}"] if signed else []
        if votes:
            stay = "stays and is" if votes == 1 else "stay and are"
            parts.append(f"{_many(votes, 'vote')} {stay} marked as cast before")
        return f"Changing them now {', '.join(parts)}."

    def apply(self, saving: Change, what: str) -> tuple[str, dict[str, Any]]:
        signoffs, votes = _standing(saving.plan), _votes(saving.plan)
        take_back(saving, signoffs, f"the change of {what}")
        data = {
            "revoked": [one.role.key for one in signoffs],
            "votes_before": [
                {"gate": one.gate.key, "role": one.role.key, "vote": one.word} for one in votes
            ],
        }
        said = []
        if signoffs:
            names = ", ".join(dict.fromkeys(one.role.name for one in signoffs))
            said.append(f"This revokes {_many(len(signoffs), 'signature')}: {names}.")
        if votes:
            said.append(f"{_many(len(votes), 'vote')} at open gates were cast before it.")
        return " ".join(said), data


def _standing(plan: DeploymentPlan) -> list[SignOff]:
    """Every approval that stands, whatever it stands under."""
    rows = SignOff.objects.filter(plan=plan, superseded_by=None, revocation=None)
    return list(rows.exclude(word="rejected").select_related("role"))


def _votes(plan: DeploymentPlan) -> list[Vote]:
    """The votes that stand at gates which are not decided."""
    rows = Vote.objects.filter(gate__plan=plan, superseded_by=None)
    decided = Gate.objects.filter(plan=plan, decisions__word__in=_FINAL)
    return list(rows.exclude(gate__in=decided).select_related("gate", "role"))


class GateHolds(Holds):
    """The one hold length (law 6) of the gates that are not decided."""

    def read(self, plan: DeploymentPlan) -> tuple[int | None, str]:
        minutes = sorted(set(_open(plan).values_list("hold_minutes", flat=True)))
        if len(minutes) > 1:
            lengths = " and ".join(duration_text(one * 60) for one in minutes)
            return minutes[0], f"The gates say {lengths}"
        return (minutes[0], "") if minutes else (None, "")

    def write(self, saving: Change, minutes: int) -> None:
        _open(saving.plan).update(hold_minutes=minutes)


def _open(plan: DeploymentPlan):
    decided = Gate.objects.filter(plan=plan, decisions__word__in=_FINAL)
    return Gate.objects.filter(plan=plan).exclude(pk__in=decided.values("pk")).order_by()


register_identity(Signed())
register_holds(GateHolds())
