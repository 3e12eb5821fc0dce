from django.apps import AppConfig


class WarroomConfig(AppConfig):
    name = "warroom"
    verbose_name = "The room"

    def ready(self) -> None:
        from warroom import checks, documents, panels  # noqa: F401, PLC0415
        from warroom.live import public  # noqa: F401, PLC0415
