import hashlib

from warroom.models import ApiToken


def digest_of(secret: str) -> str:
    """What is kept of a token: its SHA-256. A token is random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token(secret: str) -> ApiToken | None:
    """The token that ``secret`` is, unless it was revoked or its person is no longer active."""
    return (
        ApiToken.objects.select_related("user", "plan")
        .filter(digest=digest_of(secret), revoked_at=None, user__is_active=True)
        .first()
    )
