from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from checklists.actions.conditions import Wanted, attach, checked
from checklists.actions.duties import two_roles_at
from checklists.models import ChecklistItem, Gate, Phase, Revocation, SignOff
from checklists.queries.phases import left_out_of
from checklists.queries.refs import name_items
from checklists.queries.scopes import STABLE, Scope, edited_since, scope_of
from checklists.queries.signoffs import condition_rows, rejections, signatures
from checklists.rules import items as item_rules
from checklists.rules import signoffs as rules
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.lifecycle import set_lifecycle
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Lifecycle, Role, User

COMMENT_LIMIT = 4000


@dataclass(frozen=True)
class Paper:
    """What is to be signed, as it was filled in and passed the rules for it."""

    role: Role
    word: str
    comment: str
    score: Decimal | None
    conditions: list[Wanted]


_PAST = {"approved": "approved", "conditional": "approved_with_conditions", "rejected": "rejected"}


@carried_out_again
def sign_off(
    plan: DeploymentPlan,
    phase: Phase | None,
    role: Role,
    word: str,
    *,
    by: User,
    gate: Gate | None = None,
    declaration: str = "",
    comment: str = "",
    score: Decimal | None = None,
    conditions: Sequence[Wanted] = (),
    seen: int | None = None,
    request_id: str | None = None,
) -> SignOff:
    """Sign a phase, a gate, or the whole plan when neither is given, as ``role``.

    With ``declaration`` 'stable' the role says that the whole release is stable in production; it
    is so once every role that signs has said it. Returns the signature. The same signature twice is
    one. A newer word supersedes the role's older one. ``seen`` is the number of the newest event
    that the signer saw: who saw an older list than there is, is refused. Raises Invalid for what is
    filled in wrongly, NotAllowed without the seat or the right, Refused when duties are to be
    separated (law 10), blocking items or conditions are open, or it was not watched long enough.
    """
    scope = Scope(phase, gate, declaration)
    paper = Paper(role, word, comment.strip(), score, check_signature(word, comment, conditions))
    with change(plan, by=by, right="sign", role=role, request_id=request_id) as signing:
        if wrong := rules.score_objection(score, signing.plan.score_max, word):
            raise Invalid(*wrong)
        standing = _standing(signing.plan, scope)
        before = next((row for row in standing if row.role_id == role.pk), None)
        if before is not None and (signing.repeated or _same(before, by, paper)):
            return before
        if seen is not None and (later := edited_since(signing.plan, scope, seen)):
            raise Refused(
                _("The list changed since you saw it: {later} Look at it, then sign.").format(
                    later=later
                )
            )
        items = _items(signing.plan, scope)
        if wrong := _refusal(signing, standing, items, scope, paper):
            raise Refused(wrong)
        return _write(signing, scope, paper, items, before)


def withdraw_signature(signoff: SignOff, *, by: User, request_id: str | None = None) -> SignOff:
    """Take one's own signature back: a new record that names it. The signature itself stays.

    What is taken back already stays so. Raises NotAllowed for anybody but the person who signed.
    """
    with change(
        signoff.plan, by=by, right="sign", role=signoff.role, request_id=request_id
    ) as taking:
        scope = scope_of(signoff)
        newest = _standing(taking.plan, scope)
        stands = next((row for row in newest if row.pk == signoff.pk), None)
        if taking.repeated or stands is None or hasattr(stands, "revocation"):
            return signoff
        if stands.person_id != by.pk:
            raise NotAllowed(
                _("Only {person_name} can take this signature back.").format(
                    person_name=stands.person_name
                )
            )
        Revocation.objects.create(
            signoff=stands,
            sentence=_("Withdrawn by {author_name}, {at:%H:%M} UTC.").format(
                author_name=taking.author_name, at=taking.at
            ),
            by_name=taking.author_name,
            at=taking.at,
        )
        taking.record(
            "signoff.withdrawn",
            _("{author_name} withdraws the signature as {role} under {scope}.").format(
                author_name=taking.author_name, role=stands.role.name, scope=scope.name
            ),
            role=stands.role.key,
            scope=scope.key,
            gate=scope.gate.key if scope.gate else "",
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
        raise Invalid(
            "comment",
            _("The comment has more than {comment_limit} characters.").format(
                comment_limit=COMMENT_LIMIT
            ),
        )
    return wanted


def _standing(plan: DeploymentPlan, scope: Scope) -> list[SignOff]:
    """The newest signature of each role under this scope, read under the plan's lock."""
    rows = SignOff.objects.filter(scope.where(), plan=plan, superseded_by__isnull=True)
    return list(rows.select_related("role", "revocation"))


def _same(before: SignOff, by: User, paper: Paper) -> bool:
    tied = [(c.text, c.owner, c.due_at, c.blocking) for c in before.conditions.all()]
    wanted = [(w.text.strip(), w.owner.strip(), w.due_at, w.blocking) for w in paper.conditions]
    return (
        tied == wanted
        and not hasattr(before, "revocation")
        and before.person_id == by.pk
        and before.word == paper.word
        and before.comment == paper.comment
        and before.score == paper.score
    )


def _items(plan: DeploymentPlan, scope: Scope) -> list[ChecklistItem]:
    items = ChecklistItem.objects.filter(plan=plan).select_related("phase")
    return name_items(items.filter(phase=scope.phase) if scope.phase else items)


def _refusal(
    signing: Change,
    standing: list[SignOff],
    items: list[ChecklistItem],
    scope: Scope,
    paper: Paper,
) -> str | None:
    """Why this cannot be signed now, in one sentence; None when it can."""
    valid = [row for row in standing if not hasattr(row, "revocation")]
    open_items = [item.ref for item in items if item.blocking and not item.closed]
    return (
        _two_roles(signing, valid, scope, paper)
        or _author_alone(signing, valid, scope, paper)
        or (None if scope.gate else rules.blocked(paper.word, open_items))
        or (_last_words(signing, scope, paper) if scope.is_last else None)
    )


def _two_roles(signing: Change, valid: list[SignOff], scope: Scope, paper: Paper) -> str | None:
    """One person stands for one role, at a gate also by what else they said there."""
    if scope.gate:
        return two_roles_at(signing, scope.gate, paper.role)
    mine = [row.role for row in valid if row.person_id == signing.author.pk]
    allowed = signing.author.username in signing.plan.two_roles
    found = (
        rules.one_person_two_roles(
            signing.author_name, role.name, paper.role.name, scope.name, allowed=allowed
        )
        for role in mine
    )
    return next(filter(None, found), None)


def _author_alone(signing: Change, valid: list[SignOff], scope: Scope, paper: Paper) -> str | None:
    if scope.phase:
        return None
    others = sum(row.person_id != signing.author.pk and row.word != "rejected" for row in valid)
    is_author = signing.plan.author_id == signing.author.pk
    return rules.author_alone(is_author, paper.word, others)


def _last_words(signing: Change, scope: Scope, paper: Paper) -> str | None:
    """The final signatures wait for every blocking condition and for phases that stand rejected,
    'stable' for its time as well.
    """
    plan = signing.plan
    holding = [
        row.condition.number
        for row in condition_rows(plan)
        if row.holds and not _replaced(row.condition.signoff, scope, paper)
    ]
    rejected = rejections(signatures(plan), plan.phases.all())
    wrong = rules.held_by_conditions(paper.word, holding)
    wrong = wrong or rules.held_by_rejections(paper.word, rejected)
    if wrong or scope.declaration != STABLE:
        return wrong
    watched = plan.lifecycle_at if plan.lifecycle == Lifecycle.WATCHING else None
    return rules.too_early(watched, plan.watch_s / 3600, signing.at, paper.word)


def _replaced(signoff: SignOff | None, scope: Scope, paper: Paper) -> bool:
    """A role's own older word under this scope, and its conditions, give way to the new one."""
    return (
        signoff is not None
        and signoff.role_id == paper.role.pk
        and scope_of(signoff).ids == scope.ids
    )


def _write(
    signing: Change,
    scope: Scope,
    paper: Paper,
    items: list[ChecklistItem],
    before: SignOff | None,
) -> SignOff:
    signoff = SignOff.objects.create(
        plan=signing.plan,
        phase=scope.phase,
        gate=scope.gate,
        declaration=scope.declaration,
        role=paper.role,
        person=signing.author,
        person_name=signing.author_name,
        word=paper.word,
        comment=paper.comment,
        score=paper.score,
        statement=_statement(signing, scope, paper, items),
        at=signing.at,
        supersedes=before,
    )
    attach(signing, paper.conditions, signoff=signoff)
    _record(signing, scope, signoff, items)
    return signoff


def _statement(signing: Change, scope: Scope, paper: Paper, items: list[ChecklistItem]) -> str:
    return rules.statement(
        signing.author_name,
        paper.role.name,
        paper.word,
        scope.name,
        sum(item.state in item_rules.CLOSED for item in items),
        len(items),
        [wanted.text.strip() for wanted in paper.conditions],
        score=rules.score_text(paper.score, signing.plan.score_max),
        declaration=scope.declaration,
        rehearsal=signing.plan.rehearsal,
        kind=scope.kind,
    ) + item_rules.left_out_list([(item.ref, left_out_of(item)) for item in items])


def _record(signing: Change, scope: Scope, signoff: SignOff, items: list[ChecklistItem]) -> None:
    """One event: the signature, or the release's turn to stable when it was the last one."""
    stable = scope.declaration == STABLE and _all_say_stable(signing.plan, scope)
    # What speaks against it, such as a stage that is not the last, wants the comment to say why.
    turned = set_lifecycle(signing, STABLE, signoff.comment) if stable else {}
    signing.record(
        "plan.stable" if stable else f"signoff.{_PAST[signoff.word]}",
        f"{signoff.statement} {signoff.comment}".strip(),
        role=signoff.role.key,
        scope=scope.key,
        phase=scope.phase.number if scope.phase else None,
        gate=scope.gate.key if scope.gate else "",
        word=signoff.word,
        score=str(signoff.score) if signoff.score is not None else "",
        closed=sum(item.state in item_rules.CLOSED for item in items),
        total=len(items),
        conditions=[condition.text for condition in signoff.conditions.all()],
        supersedes=signoff.supersedes_id,
        **turned,
    )


def _all_say_stable(plan: DeploymentPlan, scope: Scope) -> bool:
    given = signatures(plan).given(scope)
    return bool(given) and all(one.stands and one.signoff.word == "approved" for one in given)
