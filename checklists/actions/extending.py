"""What an extended plan means for what was signed."""

from typing import Any

from checklists.actions.revoking import revoke_signatures
from warroom.actions.change import Change
from warroom.actions.extensions import on_extension


def take_signatures_back(extending: Change, called: str) -> tuple[str, dict[str, Any]]:
    """A longer list is not what was signed: signatures under the whole release fall (law 4)."""
    revoked = revoke_signatures(extending, [], called, whole=True)
    return revoked.said, revoked.data


on_extension(take_signatures_back)
