import secrets
from collections.abc import Iterable

from django.utils.translation import gettext as _

from warroom.actions.refusals import Invalid
from warroom.models import ApiToken, DeploymentPlan, User
from warroom.queries.tokens import digest_of

SCOPES = ("read", "tick", "sign", "vote", "decide", "run", "edit", "evidence")
PREFIX = "wr_"


def make_token(
    user: User, scopes: Iterable[str], plan: DeploymentPlan | None = None
) -> tuple[ApiToken, str]:
    """Make an API token and return it with its secret, which is kept nowhere.

    Raises Invalid for an unknown scope. A token never gives more than its person's own rights.
    """
    wanted = list(dict.fromkeys(scope.strip() for scope in scopes if scope.strip()))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        named = ", ".join(unknown) or "nothing"
        raise Invalid(
            "scope",
            _("{named} is no scope. Scopes are {scopes}.").format(
                named=named, scopes=", ".join(SCOPES)
            ),
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, plan=plan, scopes=wanted, prefix=secret[:8], digest=digest_of(secret)
    )
    return token, secret
