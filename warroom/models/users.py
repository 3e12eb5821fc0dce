from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person with an account. Rights come from seats in a plan's roles, not from groups."""

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
