from django.conf import settings
from django.core.management.base import BaseCommand

from rollouts.actions.checks import watch_url
from warroom.demo.accounts import make_admin, seat_everybody
from warroom.models import DeploymentPlan


class Command(BaseCommand):
    help = "Makes what the demo shows, or what is missing of it; `manage.py up --demo` calls this."

    def handle(self, *args: object, **options: object) -> None:
        admin = make_admin()
        for plan in DeploymentPlan.objects.all():
            seat_everybody(plan, by=admin)
            if settings.DEMO_SERVICE_URL and plan.prometheusquery_set.exists():
                url = f"{settings.DEMO_SERVICE_URL}/health"
                watch_url(plan, "demo-service", "Demo service", url, by=admin)
