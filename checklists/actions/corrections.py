"""What was wrong about a decision, added below it. The decision itself is never edited (law 4)."""

from django.utils.translation import gettext as _

from checklists.models import Correction, Decision
from warroom.actions.again import carried_out_again
from warroom.actions.change import change
from warroom.actions.refusals import REASON_LIMIT, Invalid, NotAllowed
from warroom.models import Right, User
from warroom.rules.wording import moment_text


@carried_out_again
def correct(
    decision: Decision, text: str, *, by: User, request_id: str | None = None
) -> Correction:
    """Add a correction, with name and time; also in a closed release. The same twice is one.

    Raises Invalid for no text or one that is too long, NotAllowed without the right to edit or to
    decide.
    """
    text = text.replace("\0", "").strip()
    if not text:
        raise Invalid("text", _("Say what was wrong."))
    if len(text) > REASON_LIMIT:
        raise Invalid(
            "text",
            _("The correction has more than {reason_limit} characters.").format(
                reason_limit=REASON_LIMIT
            ),
        )
    gate = decision.gate
    with change(gate.plan, by=by, request_id=request_id, when_closed=True) as correcting:
        if not {Right.EDIT.value, Right.DECIDE.value} & correcting.held.rights:
            raise NotAllowed(_("Who edits the plan or decides its gates adds corrections."))
        row, made = Correction.objects.get_or_create(
            decision=decision,
            text=text,
            by=by,
            defaults={"by_name": by.display_name, "at": correcting.at},
        )
        if made:
            correcting.record(
                "gate.corrected",
                _("{gate}: decision of {at} UTC corrected. {text}").format(
                    gate=gate.title, at=moment_text(decision.at), text=text
                ),
                gate=gate.key,
                decision=decision.pk,
                evidence_sha256=decision.evidence_sha256,
            )
    return row
