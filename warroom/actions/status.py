"""What the public is told by people, and whether it is told anything at all."""

from django.utils.translation import gettext as _

from warroom.actions.change import change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, StatusUpdate, User

UPDATE_LIMIT = 1000


def post_status_update(
    plan: DeploymentPlan, text: str, *, by: User, request_id: str | None = None
) -> StatusUpdate | None:
    """Put a sentence on the public status page. None when the same request did so before.

    Raises Invalid for an empty or too long text, NotAllowed without the right to edit.
    """
    text = text.strip()
    if not text:
        raise Invalid("text", _("The update is empty. Write what the public should know."))
    if len(text) > UPDATE_LIMIT:
        raise Invalid(
            "text",
            _("The update has {count} characters; {update_limit} are allowed.").format(
                count=len(text), update_limit=UPDATE_LIMIT
            ),
        )
    with change(plan, by=by, right="edit", request_id=request_id) as telling:
        if telling.repeated:
            return None
        update = StatusUpdate.objects.create(plan=telling.plan, text=text, at=telling.at, by=by)
        telling.record("status.updated", text)
    return update


def set_status_public(
    plan: DeploymentPlan, public: bool, *, by: User, request_id: str | None = None
) -> None:
    """Show the status page to everyone, or take it away. To set what already is changes nothing.

    Raises Refused for a rehearsal, which the public never sees.
    """
    # Also of a closed release: what the public may read is no part of the record.
    with change(plan, by=by, right="edit", request_id=request_id, when_closed=True) as showing:
        if public and showing.plan.rehearsal:
            raise Refused(_("This is a rehearsal: the public never sees it."))
        if showing.repeated or showing.plan.status_public == public:
            return
        showing.plan.status_public = public
        showing.plan.save(update_fields=["status_public"])
        if public:
            showing.record("status.shown", _("The public status page is shown"), public=True)
        else:
            showing.record("status.hidden", _("The public status page is taken away"), public=False)
