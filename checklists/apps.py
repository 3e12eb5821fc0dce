from django.apps import AppConfig


class ChecklistsConfig(AppConfig):
    name = "checklists"
    verbose_name = "What people promise and decide"

    def ready(self) -> None:
        from checklists import (  # noqa: F401, PLC0415
            documents,
            linting,
            linting_branches,
            linting_criteria,
            linting_findings,
            linting_risks,
            linting_votes,
            panels,
            panels_absence,
            panels_evidence,
            panels_findings,
            panels_followups,
            panels_load,
            panels_meeting,
            panels_readiness,
            panels_risks,
            panels_signing,
            tasks,
        )
        from checklists.actions import (  # noqa: F401, PLC0415
            extending,
            finding_sync,
            identity,
            lifecycle,
            load_files,
            reimports,
            schedule,
        )
        from checklists.live import wait_door  # noqa: F401, PLC0415
        from checklists.queries import (  # noqa: F401, PLC0415
            attendance,
            counted,
            dryruns,
            finding_needs,
            findings,
            pack_parts,
            pack_shown,
            rows,
            score_measures,
            verified,
        )
