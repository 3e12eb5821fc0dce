from collections.abc import Sequence

from django.utils.translation import gettext as _

REASON_LIMIT = 4000


class Refused(Exception):
    """The change cannot be made any more or by this person; nothing was written.

    ``sentence`` says why and what is now true, for people. ``status`` is the HTTP answer.
    """

    status = 409

    def __init__(self, sentence: str) -> None:
        # Said now, in the language of whoever or whatever is refused.
        self.sentence = str(sentence)
        super().__init__(self.sentence)


class NotAllowed(Refused):
    """The role is missing. Stays refused however often it is tried."""

    status = 403


class Invalid(Refused):
    """The input is wrong. ``field`` names the field that has to be changed."""

    status = 422

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def checked_reason(text: str, limit: int = REASON_LIMIT) -> str:
    """A reason as it is kept; may be empty. Raises Invalid for the field ``reason``."""
    text = text.replace("\0", "").strip()
    if len(text) > limit:
        raise Invalid(
            "reason", _("The reason has more than {limit} characters.").format(limit=limit)
        )
    return text


class Unconfirmed(Refused):
    """It can be done, but something speaks against it: a reason in ``field`` overrides that."""

    status = 422

    def __init__(self, against: Sequence[str], field: str = "reason") -> None:
        super().__init__(
            _("{against} To do it all the same, give a reason.").format(against=" ".join(against))
        )
        self.field, self.against = field, tuple(against)
