from django.apps import AppConfig


class RolloutsConfig(AppConfig):
    name = "rollouts"
    verbose_name = "What machines watch and do"

    def ready(self) -> None:
        from rollouts import documents, linting, panels, tasks  # noqa: F401, PLC0415
        from rollouts.actions import (  # noqa: F401, PLC0415
            criteria,
            lifecycle,
            reimports,
            schedule,
            successions,
        )
        from rollouts.queries import bands, frozen, keys, measures  # noqa: F401, PLC0415
