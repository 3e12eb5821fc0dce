from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from warroom.actions.restores import hold_all, release_all


class Command(BaseCommand):
    help = (
        "Run once after a database was restored, before anything is started: letters and calls "
        "that waited in the backup are held, since they may have gone out after it was made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--release", action="store_true", help="let what is held go out")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["release"]:
            self.stdout.write("; ".join(release_all(now)))
            return
        self.stdout.write(f"{'; '.join(hold_all(now))}. --release lets them go out")
