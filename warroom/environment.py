"""Secrets that a release names and never keeps: variables of this process's environment.

Whoever edits a release may name a variable and an address to send it to. So the product's own
secrets cannot be named, and an operator may list all that can.
"""

from __future__ import annotations

import os
import re

from django.conf import settings
from django.utils.translation import gettext as _

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_OWN = ("DJANGO_", "DATABASE_", "REDIS_", "CELERY_", "EMAIL_", "WARROOM_", "AWS_", "PG", "LD_")
_GIVEN = "WARROOM_SECRET_"
# As the host calls what the product and its database keep to themselves.
_HOSTS = ("WARROOM_SECRET_KEY", "SECRET_KEY", "POSTGRES_", "DB_PASSWORD")


class NotGiven(Exception):
    """There is no such secret here; the message names the variable, never a value."""


def secret(name: str) -> str:
    """The value of the variable `name`. Raises NotGiven where it may not be named or is empty."""
    if refused := refusal(name):
        raise NotGiven(refused)
    value = os.environ.get(name, "").strip()
    if not value:
        raise NotGiven(_("the worker's environment has no {name}").format(name=name))
    return value


def refusal(name: str) -> str:
    """Why a release may not name this variable; "" when it may, whether it is set or not."""
    if not _NAME.fullmatch(name):
        return _("that is not the name of an environment variable")
    if settings.WARROOM_SECRETS:
        listed = name in settings.WARROOM_SECRETS
        return (
            ""
            if listed
            else _("{name} is not among WARROOM_SECRETS, which an operator sets").format(name=name)
        )
    own = name.upper().startswith(_OWN) and not name.startswith(_GIVEN)
    if own or name.upper().startswith(_HOSTS):
        return _("{name} belongs to Warroom or its host and is never sent anywhere").format(
            name=name
        )
    return ""
