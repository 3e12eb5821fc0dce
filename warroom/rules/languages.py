"""The languages that Warroom speaks, by their codes. Pure but for the settings."""

from django.conf import settings
from django.utils.translation import gettext as _


def known() -> list[str]:
    """The codes of all languages, such as ``en`` and ``de``."""
    return [code for code, _name in settings.LANGUAGES]


def name_of(code: str) -> str:
    """How speakers call their language; the code itself where we do not speak it."""
    return dict(settings.LANGUAGES).get(code, code)


def no_language(code: str) -> str:
    return _("{code!r} is no language of this service. One of: {codes}.").format(
        code=code[:20], codes=", ".join(known())
    )
