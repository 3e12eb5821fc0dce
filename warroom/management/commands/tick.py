import signal
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from warroom import ticker


class Command(BaseCommand):
    help = "Rings for due work once a second; does it when no worker answers. Runs until ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now and end")

    def handle(self, *args: object, **options: object) -> None:
        if options["once"]:
            ticker.run_due()
            return
        asked: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda got, frame: asked.append(got))
        ticker.run(lambda: bool(asked))
