"""A result file of a load test becomes the run of the profile whose key it was brought in under."""

from checklists.actions.load_runs import attach_run, sentence_of
from checklists.actions.results import register_followed
from checklists.models import Result
from checklists.rules.load import KINDS
from checklists.rules.results.shape import Reading
from warroom.actions.change import Change

OF_THE_TEST = ("load", "k6")  # a list of failures or the history of a test has no percentiles


def attach(opened: Change, result: Result, reading: Reading) -> str | None:
    """The sentence for the event of the result; None for what is no run of a profile."""
    if reading.kind not in ("locust", "k6") or reading.prefix not in OF_THE_TEST:
        return None
    profile = opened.plan.load_profiles.filter(key=result.prefix, removed_at=None).first()
    if profile is None:
        return None
    measured = {key: reading.value(kind.evidence) for key, kind in KINDS.items()}
    return sentence_of(profile, attach_run(opened, profile, result, measured))


register_followed(attach)
