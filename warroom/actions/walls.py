"""Links for screens: made, and taken back, by whoever may edit the release."""

import secrets

from django.utils.translation import gettext as _

from warroom.actions.change import change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, User, WallLink
from warroom.queries.tokens import digest_of
from warroom.queries.walls import PREFIX

LABEL_LIMIT, MOST = 80, 20


def make_wall_link(
    plan: DeploymentPlan, label: str, *, by: User, request_id: str | None = None
) -> tuple[WallLink, str] | None:
    """Make a link and return it with its key, which is kept nowhere. None when repeated.

    Raises Invalid for a label that is empty or too long, Refused beyond MOST links.
    """
    label = " ".join(label.split())
    if not label or len(label) > LABEL_LIMIT:
        raise Invalid("label", _("Say in up to 80 characters where the screen stands."))
    with change(plan, by=by, right="edit", request_id=request_id, when_closed=True) as making:
        if making.repeated:
            return None
        if making.plan.wall_links.filter(revoked_at=None).count() >= MOST:
            raise Refused(_("There are 20 links already. Revoke one that no screen uses."))
        key = PREFIX + secrets.token_urlsafe(32)
        link = WallLink.objects.create(
            plan=making.plan,
            label=label,
            prefix=key[:9],
            digest=digest_of(key),
            made_at=making.at,
            made_by=by,
        )
        text = _("A link to the wall was made: {label}").format(label=label)
        making.record("wall.linked", text, link=link.pk, label=label)
    return link, key


def revoke_wall_link(plan: DeploymentPlan, pk: int, *, by: User) -> None:
    """Take a link back; screens that were opened by it end within seconds.

    To revoke one again changes nothing. Raises Refused when the release has no such link.
    """
    with change(plan, by=by, right="edit", when_closed=True) as revoking:
        link = revoking.plan.wall_links.filter(pk=pk).first()
        if link is None:
            raise Refused(_("There is no such link to the wall."))
        if link.revoked_at is not None:
            return
        link.revoked_at = revoking.at
        link.save(update_fields=["revoked_at"])
        text = _("A link to the wall was revoked: {label}").format(label=link.label)
        revoking.record("wall.revoked", text, link=link.pk, label=link.label)
