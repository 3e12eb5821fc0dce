"""What a signature says, and who may give it (law 10). Words as in checklists.models."""

APPROVED, CONDITIONAL, REJECTED = "approved", "conditional", "rejected"
WORDS = (APPROVED, CONDITIONAL, REJECTED)
_VERB = {APPROVED: "approve", CONDITIONAL: "approve with conditions", REJECTED: "reject"}


def objection(word: str, comment: str, conditions: int) -> tuple[str, str] | None:
    """Why a sign-off may not be taken as it is filled in: (field, sentence), or None."""
    if word not in WORDS:
        return "decision", f"{word!r} is no decision. One of: {', '.join(WORDS)}."
    if word == REJECTED and not comment.strip():
        return "comment", "A rejection wants its reason in the comment."
    if word == CONDITIONAL and not conditions:
        return "conditions", "Name at least one condition, or approve without."
    if word != CONDITIONAL and conditions:
        return "conditions", "Conditions go with an approval with conditions only."
    return None


def one_person_two_roles(person: str, held: str, wanted: str, scope: str) -> str | None:
    """Separation of duties: nobody stands for two roles under one thing. The sentence, or None."""
    if held == wanted:
        return None
    return (
        f"{person} already stands under {scope} as {held}. One person does not sign for two roles; "
        f"somebody else has to sign as {wanted}."
    )


def author_alone(is_author: bool, word: str, others: int) -> str | None:
    """The plan's author may not be its only approver. ``others``: approvals by other people."""
    if not is_author or word == REJECTED or others:
        return None
    return (
        "You wrote this plan. Its author may not be the only one to approve it: somebody else has "
        "to approve first."
    )


def blocked(word: str, refs: list[str]) -> str | None:
    """A full approval waits for blocking items; ``refs``: the open ones. The sentence, or None."""
    if word != APPROVED or not refs:
        return None
    what = "blocking item is" if len(refs) == 1 else "blocking items are"
    way_out = "Until they are closed, approve with conditions or reject."
    return f"{len(refs)} {what} open: {', '.join(refs)}. {way_out}"


def statement(
    person: str,
    role: str,
    word: str,
    scope: str,
    closed: int,
    total: int,
    conditions: list[str],
    *,
    rehearsal: bool = False,
) -> str:
    """What is signed, word for word, with the state of the items at that moment."""
    counted = f"{closed} of {total} items closed" if total else "no items"
    here = ", in rehearsal," if rehearsal else ","
    text = f"I, {person}, as {role}{here} {_VERB[word]} {scope} with {counted}."
    if conditions:
        numbered = "; ".join(f"({n}) {text}" for n, text in enumerate(conditions, 1))
        text += f" Conditions: {numbered}."
    return text
