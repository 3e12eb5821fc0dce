"""Who may cast the one missing vote of somebody absent, and why somebody else may not."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

YES, AGREED, NO = "yes", "agreed", "no"
SHOWN = {YES: _l("May"), AGREED: _l("May, if {holder} agrees"), NO: _l("May not")}


@dataclass(frozen=True)
class Candidate:
    """Somebody in this release, as they stand at one gate towards one role's vote.

    ``deputy`` says who named them and when, "" for nobody. ``voted_as`` and ``signed_as``: roles as
    which they voted, and signed or accepted a deviation, here; ``needed_as``: roles that vote here,
    have not, and in which nobody else sits.
    """

    name: str
    deputy: str = ""
    voted_as: tuple[str, ...] = ()
    needed_as: tuple[str, ...] = ()
    decides: bool = False
    author_alone: bool = False
    holds_role: bool = False
    two_roles: bool = False
    signed_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class May:
    """``word`` is YES, AGREED (with the holder's own words) or NO; ``why`` are whole sentences."""

    word: str
    why: str

    def shown(self, holder: str) -> str:
        return SHOWN[self.word].format(holder=holder)


def may_vote_for(one: Candidate, holder: str) -> May:
    """Whether ``one`` may cast the vote of ``holder``, in words."""
    if one.holds_role:
        return May(
            NO,
            _("Sits in this role like {holder} and votes without being asked.").format(
                holder=holder
            ),
        )
    if against := _against(one):
        return May(NO, " ".join(against))
    if one.deputy:
        return May(YES, _("{deputy} Has not voted here.").format(deputy=one.deputy))
    return May(
        AGREED, _("Not a deputy. {holder} must say so in writing; attach it.").format(holder=holder)
    )


def _against(one: Candidate) -> list[str]:
    found = []
    if one.author_alone:
        found.append(_("Wrote the plan, and nobody else has voted here."))
    if one.decides:
        found.append(_("Decides this gate."))
    if not one.two_roles:
        if one.voted_as:
            found.append(_("Has voted as {voted_as}.").format(voted_as=", ".join(one.voted_as)))
        if one.signed_as:
            found.append(
                _("Has signed here as {signed_as}.").format(signed_as=", ".join(one.signed_as))
            )
        if one.needed_as:
            found.append(
                _("Votes here as {needed_as}, where nobody else sits.").format(
                    needed_as=", ".join(one.needed_as)
                )
            )
        if one.voted_as or one.signed_as or one.needed_as:
            found.append(_("One person votes for one role at a gate."))
    return found


def offered(holder_asks: bool, opened: bool, minutes: int, minutes_open: float) -> tuple[bool, str]:
    """Whether a vote can be delegated now, and in words when it can.

    The role's own holder may hand it over at any time, others ``minutes`` after the gate opened.
    """
    if holder_asks:
        return True, _("Who holds the role may hand over this vote at any time.")
    if opened and minutes_open >= minutes:
        return True, _("Open since {minutes} min after the gate opened.").format(minutes=minutes)
    return False, _(
        "Possible from {minutes} min after the gate opens, or at once by the holder."
    ).format(minutes=minutes)
