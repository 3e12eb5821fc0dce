from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from warroom.actions.refusals import Refused
from warroom.actions.tokens import SCOPES, make_token
from warroom.models import DeploymentPlan, User


class Command(BaseCommand):
    help = "Makes an API token and prints it once, as the last word of the output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="the user name of the person the token acts for")
        parser.add_argument("--plan", help="only for the release at this address; default: all")
        parser.add_argument("--scope", default="read", help=f"of {','.join(SCOPES)}")

    def handle(self, *args: object, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody has the user name {options['user']!r}.")
        plan = None
        if options["plan"]:
            plan = DeploymentPlan.objects.filter(slug=options["plan"]).first()
            if plan is None:
                raise CommandError(f"There is no release at /plans/{options['plan']}/.")
        try:
            token, secret = make_token(user, options["scope"].split(","), plan)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        where = plan.slug if plan else "every release"
        self.stdout.write(f"{user.username} may {', '.join(token.scopes)} in {where}: {secret}")
