"""A change of what was signed takes the signatures back: each by a record that says why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.models import ChecklistItem, Phase, Revocation, SignOff
from checklists.queries.scopes import scope_of
from checklists.queries.standing import standing_approvals
from warroom.actions.change import Change
from warroom.actions.refusals import Refused


class SignedMeanwhile(Refused):
    """The change would take back signatures that its author was not told of."""

    def __init__(self, unnamed: Iterable[SignOff]) -> None:
        self.signoffs = tuple(unnamed)
        names = [
            _("{person_name} signed as {role}").format(
                person_name=one.person_name, role=one.role.name
            )
            for one in self.signoffs
        ]
        super().__init__(
            _(
                "{names} while you wrote. To save takes {words} back. Send again if that is meant."
            ).format(
                names=", ".join(names),
                words=_("that signature") if len(names) == 1 else _("those signatures"),
            )
        )


@dataclass(frozen=True)
class Revoked:
    """The signatures that a change took back."""

    signoffs: tuple[SignOff, ...] = ()

    @property
    def said(self) -> str:
        """What the timeline adds to its sentence; empty when nothing fell."""
        scopes: dict[str, list[str]] = {}
        for one in self.signoffs:
            scope = (
                _("phase {phase}").format(phase=one.phase.number)
                if one.phase
                else scope_of(one).name
            )
            scopes.setdefault(scope, []).append(one.role.name)
        return "".join(
            _(" (this revokes the signature of {names} under {scope})").format(
                names=", ".join(names), scope=scope
            )
            for scope, names in scopes.items()
        )

    @property
    def data(self) -> dict[str, list[str]]:
        """What the event keeps: keys of the roles whose signatures fell."""
        return {
            "revoked": [one.role.key for one in self.signoffs if one.phase_id],
            "revoked_whole": [one.role.key for one in self.signoffs if not one.phase_id],
        }


def revoke_signatures(
    changing: Change,
    phases: Iterable[Phase],
    what: str,
    *,
    whole: bool,
    item: ChecklistItem | None = None,
    named: Collection[int] | None = None,
) -> Revoked:
    """Take back the approvals under ``phases`` and, with ``whole``, under the whole release.

    They say how many items were closed: those under the whole release fall when one no longer is,
    or when the list itself changes; progress leaves them standing. ``what`` names the change after
    "the later change of": ``4.12 to done``. The event of the change carries ``Revoked.said`` and
    ``Revoked.data``. ``named``: the signatures (ids) that the
    author was told would fall; raises SignedMeanwhile when others would fall too. None: whatever
    stands falls.
    """
    falling = standing_approvals(changing.plan, [*phases], whole=whole)
    unnamed = [one for one in falling if named is not None and one.pk not in named]
    if unnamed:
        raise SignedMeanwhile(unnamed)
    take_back(changing, falling, _("the later change of {what}").format(what=what), item)
    return Revoked(tuple(falling))


def take_back(
    changing: Change, signoffs: Iterable[SignOff], what: str, item: ChecklistItem | None = None
) -> None:
    """Write a revocation for each of ``signoffs``; ``what`` took it back, in words."""
    who, at = changing.author_name, changing.at
    sentence = _("Revoked by {what}, {who}, {at:%H:%M} UTC.").format(what=what, who=who, at=at)
    Revocation.objects.bulk_create(
        Revocation(signoff=one, item=item, sentence=sentence, by_name=who, at=at)
        for one in signoffs
    )
