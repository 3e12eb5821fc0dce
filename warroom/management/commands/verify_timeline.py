from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from warroom.models import DeploymentPlan
from warroom.queries.timeline import first_broken, orphans, unproven


class Command(BaseCommand):
    help = (
        "Walks the hash chain of timelines and compares decisions with it; exit 1 and the first "
        "broken number, or what was changed, if something does not fit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?", help="the release; default: every release")

    def handle(self, *args: object, **options: Any) -> None:
        plans = DeploymentPlan.objects.defer("source_text").order_by("slug")
        if options["slug"]:
            plans = plans.filter(slug=options["slug"])
            if not plans.exists():
                raise CommandError(f"There is no release at /plans/{options['slug']}/.")
        broken = [plan.slug for plan in plans if not self._holds(plan)]
        if lost := 0 if options["slug"] else orphans():
            raise CommandError(f"{lost} events belong to a release whose row was deleted.")
        if broken:
            raise CommandError(f"The timeline does not hold: {', '.join(broken)}")

    def _holds(self, plan: DeploymentPlan) -> bool:
        wrong = first_broken(plan)
        if wrong is None:
            head = f"{plan.timeline_seq} events, head {plan.timeline_hash[:12]}"
            self.stdout.write(f"{plan.slug}: holds, {head}")
        else:
            self.stdout.write(f"{plan.slug}: BROKEN at {wrong}")
        changed = unproven(plan)
        for sentence in changed:
            self.stdout.write(f"{plan.slug}: CHANGED {sentence}")
        return wrong is None and not changed
