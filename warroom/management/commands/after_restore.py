from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from warroom.actions.messages import hold_all, release_all


class Command(BaseCommand):
    help = (
        "Run once after a database was restored, before anything is started: letters that waited "
        "in the backup are held, since they may have gone out after it was made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--release", action="store_true", help="let the held letters go out")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["release"]:
            self.stdout.write(f"{release_all(now)} letters go out now")
            return
        self.stdout.write(f"{hold_all(now)} letters are held; --release lets them go out")
