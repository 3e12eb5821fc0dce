from django.db import models


class WorkerTick(models.Model):
    """When a worker last looked for due work; /readyz and the room tell its age."""

    name = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
