from collections.abc import Sequence
from decimal import Decimal

from checklists.actions.conditions import Wanted, attach, checked
from checklists.models import ChecklistItem, Phase, Revocation, SignOff
from checklists.queries.refs import name_items
from checklists.rules import items as item_rules
from checklists.rules import signoffs as rules
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Role, User

COMMENT_LIMIT = 4000
_PAST = {"approved": "approved", "conditional": "approved_with_conditions", "rejected": "rejected"}


def sign_off(
    plan: DeploymentPlan,
    phase: Phase | None,
    role: Role,
    word: str,
    *,
    by: User,
    comment: str = "",
    score: Decimal | None = None,
    conditions: Sequence[Wanted] = (),
    request_id: str | None = None,
) -> SignOff:
    """Sign a phase, or the whole plan when ``phase`` is None, as ``role``; return the signature.

    The same signature twice is one. A newer word supersedes the role's older one. Raises Invalid
    for what is filled in wrongly, NotAllowed without the seat or the right, Refused when duties are
    to be separated (law 10) or blocking items are open.
    """
    conditions = check_signature(word, comment, conditions)
    with change(plan, by=by, right="sign", role=role, request_id=request_id) as signing:
        standing = _standing(signing.plan, phase)
        before = next((row for row in standing if row.role_id == role.pk), None)
        if before is not None and (
            signing.repeated or _same(before, by, word, comment, conditions)
        ):
            return before
        items = _items(signing.plan, phase)
        if wrong := _refusal(signing, standing, items, phase, role, word):
            raise Refused(wrong)
        return _write(signing, phase, role, word, comment.strip(), score, conditions, items, before)


def withdraw_signature(signoff: SignOff, *, by: User, request_id: str | None = None) -> SignOff:
    """Take one's own signature back: a new record that names it. The signature itself stays.

    What is taken back already stays so. Raises NotAllowed for anybody but the person who signed.
    """
    with change(
        signoff.plan, by=by, right="sign", role=signoff.role, request_id=request_id
    ) as taking:
        newest = _standing(taking.plan, signoff.phase)
        stands = next((row for row in newest if row.pk == signoff.pk), None)
        if taking.repeated or stands is None or hasattr(stands, "revocation"):
            return signoff
        if stands.person_id != by.pk:
            raise NotAllowed(f"Only {stands.person_name} can take this signature back.")
        name = scope_name(signoff.phase)
        Revocation.objects.create(
            signoff=stands,
            sentence=f"Withdrawn by {taking.author_name}, {taking.at:%H:%M} UTC.",
            by_name=taking.author_name,
            at=taking.at,
        )
        taking.record(
            "signoff.withdrawn",
            f"{taking.author_name} withdraws the signature as {stands.role.name} under {name}.",
            role=stands.role.key,
            phase=signoff.phase.number if signoff.phase else None,
            signoff=stands.pk,
        )
    return stands


def check_signature(word: str, comment: str, conditions: Sequence[Wanted]) -> list[Wanted]:
    """The conditions as they will stand. Raises Invalid for what is filled in wrongly."""
    wanted = checked(conditions)
    if wrong := rules.objection(word, comment, len(wanted)):
        raise Invalid(*wrong)
    if len(comment) > COMMENT_LIMIT:
        raise Invalid("comment", f"The comment has more than {COMMENT_LIMIT} characters.")
    return wanted


def scope_name(phase: Phase | None) -> str:
    return f"phase {phase.number}, {phase.title}" if phase else "the whole release"


def _standing(plan: DeploymentPlan, phase: Phase | None) -> list[SignOff]:
    """The newest signature of each role under this scope, read under the plan's lock."""
    rows = SignOff.objects.filter(plan=plan, phase=phase, superseded_by__isnull=True)
    return list(rows.select_related("role", "revocation"))


def _same(before: SignOff, by: User, word: str, comment: str, conditions: list[Wanted]) -> bool:
    return (
        [c.text for c in before.conditions.all()] == [w.text.strip() for w in conditions]
        and not hasattr(before, "revocation")
        and before.person_id == by.pk
        and before.word == word
        and before.comment == comment.strip()
    )


def _items(plan: DeploymentPlan, phase: Phase | None) -> list[ChecklistItem]:
    items = ChecklistItem.objects.filter(plan=plan).select_related("phase")
    return name_items(items.filter(phase=phase) if phase else items)


def _refusal(
    signing: Change,
    standing: list[SignOff],
    items: list[ChecklistItem],
    phase: Phase | None,
    role: Role,
    word: str,
) -> str | None:
    plan, by = signing.plan, signing.author
    valid = [row for row in standing if not hasattr(row, "revocation")]
    for row in valid:
        if row.person_id == by.pk and row.role_id != role.pk:
            name = scope_name(phase)
            return rules.one_person_two_roles(row.person_name, row.role.name, role.name, name)
    if phase is None:
        others = sum(row.person_id != by.pk and row.word != "rejected" for row in valid)
        if alone := rules.author_alone(plan.author_id == by.pk, word, others):
            return alone
    return rules.blocked(word, [item.ref for item in items if item.blocking and not item.closed])


def _left_out(item: ChecklistItem) -> str:
    if item.off_with_section:
        return ""
    return item_rules.left_out(item.required, item.state, item.state_by_name, item.state_reason)


def _write(
    signing: Change,
    phase: Phase | None,
    role: Role,
    word: str,
    comment: str,
    score: Decimal | None,
    conditions: list[Wanted],
    items: list[ChecklistItem],
    before: SignOff | None,
) -> SignOff:
    closed = sum(item.state in item_rules.CLOSED for item in items)
    texts = [wanted.text.strip() for wanted in conditions]
    said = rules.statement(
        signing.author_name,
        role.name,
        word,
        scope_name(phase),
        closed,
        len(items),
        texts,
        rehearsal=signing.plan.rehearsal,
    ) + item_rules.left_out_list([(item.ref, _left_out(item)) for item in items])
    signoff = SignOff.objects.create(
        plan=signing.plan,
        phase=phase,
        role=role,
        person=signing.author,
        person_name=signing.author_name,
        word=word,
        comment=comment,
        score=score,
        statement=said,
        at=signing.at,
        supersedes=before,
    )
    attach(signing, conditions, signoff=signoff)
    signing.record(
        f"signoff.{_PAST[word]}",
        f"{said} {comment}".strip(),
        role=role.key,
        phase=phase.number if phase else None,
        word=word,
        closed=closed,
        total=len(items),
        conditions=texts,
        supersedes=before.pk if before else None,
    )
    return signoff
