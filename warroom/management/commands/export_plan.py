from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from warroom.documents.formats import FORMATS, unknown_format
from warroom.models import DeploymentPlan


class Command(BaseCommand):
    help = "Writes a release as its own document, completed, or as a plan in YAML or JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the address of the release below /plans/")
        parser.add_argument("--format", default="markdown", help="markdown, yaml or json")

    def handle(self, *args: object, **options: Any) -> None:
        if options["format"] not in FORMATS:
            raise CommandError(unknown_format(options["format"]))
        plan = DeploymentPlan.objects.filter(slug=options["slug"]).first()
        if plan is None:
            raise CommandError(f"There is no release at /plans/{options['slug']}/.")
        self.stdout.write(FORMATS[options["format"]].write(plan), ending="")
