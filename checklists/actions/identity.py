"""What falls when a release's version or environment changes, and the gates' hold length."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.revoking import take_back
from checklists.models import DecisionWord, Gate, SignOff, Vote
from warroom.actions.change import Change
from warroom.actions.plans import Holds, Identity, register_holds, register_identity
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text, listed

_FINAL = (DecisionWord.GO, DecisionWord.NO_GO)


def _revokes(count: int) -> str:
    said = ngettext("revokes {count} signature", "revokes {count} signatures", count)
    return said.format(count=count)


class Signed(Identity):
    """Signatures name version and environment, so they fall; votes stay and are marked."""

    def effect(self, plan: DeploymentPlan) -> str:
        signed, votes = len(_standing(plan)), len(_votes(plan))
        if not signed and not votes:
            return ""
        parts = [_revokes(signed)] if signed else []
        if votes:
            said = ngettext(
                "{count} vote stays and is marked as cast before",
                "{count} votes stay and are marked as cast before",
                votes,
            )
            parts.append(said.format(count=votes))
        return _("Changing them now {parts}.").format(parts=", ".join(parts))

    def apply(self, saving: Change, what: str) -> tuple[str, dict[str, Any]]:
        signoffs, votes = _standing(saving.plan), _votes(saving.plan)
        take_back(saving, signoffs, _("the change of {what}").format(what=what))
        data = {
            "revoked": [one.role.key for one in signoffs],
            "votes_before": [
                {"gate": one.gate.key, "role": one.role.key, "vote": one.word} for one in votes
            ],
        }
        said = []
        if signoffs:
            names = ", ".join(dict.fromkeys(one.role.name for one in signoffs))
            revoked = ngettext(
                "This revokes {count} signature: {names}.",
                "This revokes {count} signatures: {names}.",
                len(signoffs),
            )
            said.append(revoked.format(count=len(signoffs), names=names))
        if votes:
            cast = ngettext(
                "{count} vote at open gates were cast before it.",
                "{count} votes at open gates were cast before it.",
                len(votes),
            )
            said.append(cast.format(count=len(votes)))
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
            lengths = listed([duration_text(one * 60) for one in minutes])
            return minutes[0], _("The gates say {lengths}").format(lengths=lengths)
        return (minutes[0], "") if minutes else (None, "")

    def write(self, saving: Change, minutes: int) -> None:
        _open(saving.plan).update(hold_minutes=minutes)


def _open(plan: DeploymentPlan):
    decided = Gate.objects.filter(plan=plan, decisions__word__in=_FINAL)
    return Gate.objects.filter(plan=plan).exclude(pk__in=decided.values("pk")).order_by()


register_identity(Signed())
register_holds(GateHolds())
