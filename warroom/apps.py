from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class WarroomConfig(AppConfig):
    name = "warroom"
    verbose_name = "The room"

    def ready(self) -> None:
        from warroom import checks, documents, linting, panels, panels_room, panels_wall  # noqa: F401, PLC0415
        from warroom.live import public  # noqa: F401, PLC0415
        from warroom.views import password  # noqa: PLC0415

        user_logged_in.connect(password.on_sign_in, dispatch_uid="password-given")
