from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from warroom.supervisor import hold_file

NAMES = ("broker", "web", "worker", "tick", "watchdog", "demo", "prometheus")


class Command(BaseCommand):
    help = "Keeps one process of a running `manage.py up` ended, to see how the room does without."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=NAMES)
        parser.add_argument("--off", action="store_true", help="let it run again")

    def handle(self, *args: object, **options: object) -> None:
        file = hold_file(Path(settings.VAR_DIR).resolve(), str(options["name"]))
        if options["off"]:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
