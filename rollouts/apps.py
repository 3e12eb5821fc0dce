from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "rollouts"
    verbose_name = "What machines watch and do"

    def ready(self) -> None:
        from rollouts import documents, linting, panels, tasks  # noqa: F401, PLC0415
        from rollouts.actions import lifecycle, reimports, schedule  # noqa: F401, PLC0415
        from rollouts.queries import keys  # noqa: F401, PLC0415
