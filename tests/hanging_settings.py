"""The product's settings with due work that hangs."""

from warroom.settings import *  # noqa: F403

CELERY_IMPORTS = ("tests.hanging",)
