from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person with an account. Rights come from seats in a plan's roles, not from groups."""

    language = models.CharField(
        max_length=10,
        choices=settings.LANGUAGES,
        blank=True,
        help_text="Of pages of no release; where none is chosen, what the browser asks for.",
    )

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
