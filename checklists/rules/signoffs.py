"""What a signature says, and who may give it (law 10). Words as in checklists.models."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from warroom.rules.offsets import format_span
from warroom.rules.wording import listed, moment_text

APPROVED, CONDITIONAL, REJECTED = "approved", "conditional", "rejected"
WORDS = (APPROVED, CONDITIONAL, REJECTED)
_DECLARES = {
    "stable": {
        APPROVED: _l("declare the release stable in production"),
        CONDITIONAL: _l("declare the release stable in production, on conditions,"),
        REJECTED: _l("refuse to declare the release stable"),
    }
}
_VERB = {
    APPROVED: _l("approve"),
    CONDITIONAL: _l("approve with conditions"),
    REJECTED: _l("reject"),
}


def objection(word: str, comment: str, conditions: int) -> tuple[str, str] | None:
    """Why a sign-off may not be taken as it is filled in: (field, sentence), or None."""
    if word not in WORDS:
        return "decision", _("{word!r} is no decision. One of: {words}.").format(
            word=word, words=", ".join(WORDS)
        )
    if word == REJECTED and not comment.strip():
        return "comment", _("A rejection wants its reason in the comment.")
    if word == CONDITIONAL and not conditions:
        return "conditions", _("Name at least one condition, or approve without.")
    if word != CONDITIONAL and conditions:
        return "conditions", _("Conditions go with an approval with conditions only.")
    return None


def one_person_two_roles(
    person: str,
    held: str,
    wanted: str,
    scope: str,
    *,
    allowed: bool = False,
    verb: str = "sign",
) -> str | None:
    """Separation of duties: nobody stands for two roles under one thing. The sentence, or None.

    ``allowed``: the plan allows it to this person by name. ``verb``: what they want to do.
    """
    if held == wanted or allowed:
        return None
    return _(
        "{person} already stands under {scope} as {held}. One person does not {verb} "
        "for two roles; somebody else has to {verb} as {wanted}."
    ).format(person=person, scope=scope, held=held, verb=verb, wanted=wanted)


def author_alone(is_author: bool, word: str, others: int) -> str | None:
    """The plan's author may not be its only approver. ``others``: approvals by other people."""
    if not is_author or word == REJECTED or others:
        return None
    return _(
        "You wrote this plan. Its author may not be the only one to approve it: "
        "somebody else has to approve first."
    )


def blocked(word: str, refs: list[str]) -> str | None:
    """A full approval waits for blocking items; ``refs``: the open ones. The sentence, or None."""
    if word != APPROVED or not refs:
        return None
    said = ngettext(
        "{count} blocking item is open: {refs}.",
        "{count} blocking items are open: {refs}.",
        len(refs),
    )
    way_out = _("Until they are closed, approve with conditions or reject.")
    return f"{said.format(count=len(refs), refs=', '.join(refs))} {way_out}"


def held_by_conditions(word: str, numbers: list[int]) -> str | None:
    """The last signatures wait for what others were promised; ``numbers``: the open conditions."""
    if word == REJECTED or not numbers:
        return None
    said = ngettext(
        "Condition {numbers} is open and blocking. Close it first, or reject.",
        "Conditions {numbers} are open and blocking. Close them first, or reject.",
        len(numbers),
    )
    return said.format(numbers=", ".join(map(str, numbers)))


def held_by_rejections(word: str, rejected: list[tuple[str, list[str]]]) -> str | None:
    """The last signatures wait while a phase stands rejected: [('phase 2, Tests', ['Security'])].

    The sentence, or None.
    """
    if word == REJECTED or not rejected:
        return None
    named = "; ".join(
        _("{phase} by {roles}").format(phase=phase, roles=listed(roles))
        for phase, roles in rejected
    )
    return _(
        "Rejected: {named}. Who rejected it has to approve or withdraw first, or reject too."
    ).format(named=named)


def score_objection(score: Decimal | None, best: int | None, word: str) -> tuple[str, str] | None:
    """Whether a score is wanted here, and within its bounds: (field, sentence), or None.

    Where the plan asks for none (``best`` is None) one may be given all the same.
    """
    if score is None:
        asked = best is not None and word != REJECTED
        return (
            ("score", _("This plan asks for a score, 0 to {best}.").format(best=best))
            if asked
            else None
        )
    top = Decimal("999.99") if best is None else best
    if not 0 <= score <= top:
        return "score", _("A score here lies between 0 and {top}.").format(top=top)
    return None


def score_text(score: Decimal | None, best: int | None) -> str:
    """'8.5 of 10'; empty without a score."""
    if score is None:
        return ""
    text = f"{score.normalize():f}"
    return _("{text} of {best}").format(text=text, best=best) if best else text


def too_early(watched_since: datetime | None, hours: float, now: datetime, word: str) -> str | None:
    """Stable is what was watched for long enough. ``watched_since`` is UTC; the sentence, or None.

    To reject it, which says that it is not stable, never waits.
    """
    if word == REJECTED:
        return None
    if watched_since is None:
        return _("Nobody watches this release yet. It can be declared stable after it was watched.")
    until = watched_since + timedelta(hours=hours)
    if now >= until:
        return None
    return _(
        "The release is watched for {hours:.3g} h before it is declared stable: "
        "until {until} UTC, {format_span} from now."
    ).format(
        hours=hours,
        until=moment_text(until),
        format_span=format_span((until - now).total_seconds()),
    )


_ATTESTED = {
    "gate": _l("What this gate asks of my role is so, and I know of nothing that should stop it."),
    "stable": _l("It was watched for its time, and I know of nothing that should take it back."),
    "": _l(
        "Every required item of it that names my role is done, or marked not applicable "
        "with a reason, and I know of nothing that should stop it."
    ),
}


def attested(kind: str) -> str:
    """What an approval states besides its word; ``kind``: 'gate', 'stable', or '' for a list."""
    return _ATTESTED[kind]


def statement(
    person: str,
    role: str,
    word: str,
    scope: str,
    closed: int,
    total: int,
    conditions: list[str],
    *,
    score: str = "",
    declaration: str = "",
    rehearsal: bool = False,
    kind: str = "",
) -> str:
    """What is signed, word for word, with the state of the items at that moment.

    ``score`` is '8.5 of 10'; ``kind`` is that of ``attested``, which every approval says.
    """
    counted = (
        _("{closed} of {total} items closed").format(closed=closed, total=total)
        if total
        else _("no items")
    )
    here = _(", in rehearsal,") if rehearsal else ","
    verb = _DECLARES[declaration][word] if declaration else f"{_VERB[word]} {scope}"
    text = _("I, {person}, as {role}{here} {verb} with {counted}.").format(
        person=person, role=role, here=here, verb=verb, counted=counted
    )
    if word != REJECTED:
        text += f" {attested(kind)}"
    if score:
        text += _(" Score: {score}.").format(score=score)
    if conditions:
        numbered = "; ".join(f"({n}) {text}" for n, text in enumerate(conditions, 1))
        text += _(" Conditions: {numbered}.").format(numbered=numbered)
    return text
