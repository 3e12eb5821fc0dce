from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig

# Packages whose modules register themselves where they are read; a new module needs no line here.
REGISTERING = ("documents", "queries", "actions", "linting", "panels", "tasks")


class RolloutsConfig(AppConfig):
    name = "rollouts"
    verbose_name = "What machines watch and do"

    def ready(self) -> None:
        for shelf in REGISTERING:
            package = import_module(f"rollouts.{shelf}")
            for module in iter_modules(package.__path__):
                import_module(f"rollouts.{shelf}.{module.name}")
