from django.core.management.base import BaseCommand

from rollouts.demo.rooms import make_rooms


class Command(BaseCommand):
    help = "Makes what the demo shows, or what is missing of it; `manage.py up --demo` calls this."

    def handle(self, *args: object, **options: object) -> None:
        make_rooms()
