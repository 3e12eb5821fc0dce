import signal
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from rollouts.tasks import watchdog


class Command(BaseCommand):
    help = "Judges guardrails from the database alone; does due work when nobody else does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="judge once and end")

    def handle(self, *args: object, **options: object) -> None:
        if options["once"]:
            once = watchdog.Watchdog()
            once.beat()
            once.wait()
            return
        asked: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda got, frame: asked.append(got))
        watchdog.run(lambda: bool(asked))
