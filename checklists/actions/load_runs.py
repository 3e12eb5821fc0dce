"""Runs of load profiles: begun, ended, explained, excepted, compared (S100, S101, S105).

Nothing that ran is changed or taken away: a failed run gets its cause and its fix and stands above
the run that follows it, or it is excepted by a role that decides. Figures also stand as evidence
under ``load.<profile>.<figure>``; those that the newest run does not have are no data there.
"""

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.actions.load import MOST_MINUTES, fresh
from checklists.models import Evidence, LoadProfile, LoadRun, Result
from checklists.queries.load import limits_of, under_way
from checklists.rules import load as rules
from checklists.rules.bands import Band
from checklists.rules.evidence import VALID_FOR_S
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import Right, User
from warroom.rules.wording import instant_text, number_text

MOST_RUNS = 500


def start_run(
    profile: LoadProfile,
    *,
    by: User,
    minutes: float | None = None,
    request_id: str | None = None,
) -> LoadRun:
    """Say that a profile runs from now on, for ``minutes`` (default: the profile's own).

    While it runs, starting it is no event. Raises Invalid for a length that cannot be meant,
    NotAllowed without the right to tick.
    """
    if minutes is not None and not 0 < minutes <= MOST_MINUTES:
        raise Invalid(
            "minutes",
            _("It runs for more than 0 and at most {most_minutes:,} minutes.").format(
                most_minutes=MOST_MINUTES
            ),
        )
    with change(profile.plan, by=by, right=Right.TICK, request_id=request_id) as starting:
        profile = fresh(starting, profile)
        running = under_way(profile)
        if running is not None:
            return running
        if starting.repeated:
            return profile.runs.last()
        lasts = profile.minutes if minutes is None else minutes
        run = _new(profile, starting.at, starting)
        run.eta_at = starting.at + timedelta(minutes=lasts) if lasts else None
        run.save()
        ends = (
            _(", ends about {eta_at} UTC").format(eta_at=instant_text(run.eta_at, starting.at))
            if run.eta_at
            else ""
        )
        text = _("Load test started: {profile}, run {run}{ends}").format(
            profile=profile.name, run=run.number, ends=ends
        )
        eta = run.eta_at.isoformat() if run.eta_at else None
        starting.record("load.started", text, profile=profile.key, run=run.number, ends=eta)
    return run


def finish_run(
    profile: LoadProfile,
    measured: rules.Figures,
    *,
    by: User,
    cause: str = "",
    seen_run: int | None = None,
    request_id: str | None = None,
) -> LoadRun:
    """End the run under way with its figures (``rules/load.py``), or write down one that ended.

    A run that was broken off has no figures and says its ``cause``. ``seen_run``: the number of
    the run that the person ended. Raises Invalid for a wrong figure, Refused when that run has
    ended meanwhile, NotAllowed without the right to tick.
    """
    measured = {key: value for key, value in measured.items() if value is not None}
    cause = checked_reason(cause)
    if wrong := rules.objection(measured):
        raise Invalid(*wrong)
    if not measured and not cause:
        raise Invalid("cause", _("Give a figure, or say why there is none."))
    with change(profile.plan, by=by, right=Right.TICK, request_id=request_id) as ending:
        profile = fresh(ending, profile)
        if ending.repeated:
            number = ending.plan.events.get(request_id=request_id).data["run"]
            return profile.runs.get(number=number)
        running = under_way(profile)
        if seen_run is not None and (running is None or running.number != seen_run):
            raise Refused(
                _("Run {seen_run} of {profile} has ended meanwhile.").format(
                    seen_run=seen_run, profile=profile.name
                )
            )
        run = running or _new(profile, ending.at, ending)
        run.cause = cause
        _end(ending, profile, run, measured)
        ending.record(
            "load.finished",
            f"Load test ended: {sentence_of(profile, run)}{f' {cause}' if cause else ''}",
            profile=profile.key,
            run=run.number,
            band=run.band,
            measured=run.measured,
        )
    return run


def explain_run(
    run: LoadRun, cause: str, fix: str, *, by: User, request_id: str | None = None
) -> LoadRun:
    """Say why a run failed and what was done about it; the same words again are no event.

    Raises Invalid without a cause, Refused for a run that did not fail, NotAllowed without tick.
    """
    cause, fix = checked_reason(cause), checked_reason(fix)
    if not cause:
        raise Invalid("cause", _("Say why it failed."))
    with change(run.profile.plan, by=by, right=Right.TICK, request_id=request_id) as saying:
        run, profile = _fresh_run(saying, run)
        if saying.repeated or (run.cause, run.fix) == (cause, fix):
            return run
        _demand_failed(run, profile)
        before = {"cause": run.cause, "fix": run.fix}
        run.cause, run.fix, run.revision = cause, fix, run.revision + 1
        run.save()
        fixed = _(" Fix: {fix}").format(fix=fix) if fix else ""
        saying.record(
            "load.explained",
            _("{profile}, run {run}: {cause}{fixed}").format(
                profile=profile.name, run=run.number, cause=cause, fixed=fixed
            ),
            profile=profile.key,
            run=run.number,
            before=before,
            after={"cause": cause, "fix": fix},
        )
    return run


def except_run(run: LoadRun, reason: str, *, by: User, request_id: str | None = None) -> LoadRun:
    """Accept that a run failed, with the reason: a documented exception. It stays red.

    Raises Invalid without a reason, Refused for a run that did not fail, NotAllowed without the
    right to decide.
    """
    reason = checked_reason(reason)
    if not reason:
        raise Invalid("reason", _("Say why its failing is accepted."))
    with change(run.profile.plan, by=by, right=Right.DECIDE, request_id=request_id) as excepting:
        run, profile = _fresh_run(excepting, run)
        if excepting.repeated or run.excepted == reason:
            return run
        _demand_failed(run, profile)
        before, run.excepted = run.excepted, reason
        run.excepted_by_name, run.revision = excepting.author_name, run.revision + 1
        run.save()
        excepting.record(
            "load.excepted",
            _("{profile}, run {run} is excepted: {reason}").format(
                profile=profile.name, run=run.number, reason=reason
            ),
            profile=profile.key,
            run=run.number,
            reason=reason,
            before=before,
        )
    return run


def set_baseline(run: LoadRun, *, by: User, request_id: str | None = None) -> LoadRun:
    """Compare the profile's other runs with this one from now on; once more is no event.

    Raises Refused for a run without figures, NotAllowed without the right to tick.
    """
    with change(run.profile.plan, by=by, right=Right.TICK, request_id=request_id) as setting:
        run, profile = _fresh_run(setting, run)
        if run.baseline:
            return run
        if run.ended_at is None or not run.measured:
            raise Refused(
                _("Run {run} of {profile} has no figures to compare with.").format(
                    run=run.number, profile=profile.name
                )
            )
        before = profile.runs.filter(baseline=True).first()
        profile.runs.filter(baseline=True).update(baseline=False)
        run.baseline = True
        run.save()
        setting.record(
            "load.compared",
            _("{profile}: run {run} is the baseline of the others").format(
                profile=profile.name, run=run.number
            ),
            profile=profile.key,
            run=run.number,
            before=before.number if before else None,
        )
    return run


# --- what is shared ------------------------------------------------------------------------


def attach_run(
    opened: Change, profile: LoadProfile, result: Result, measured: rules.Figures
) -> LoadRun:
    """The run that a result file is of, within the change that keeps the file.

    One that was observed before the run under way began is a run of its own.
    """
    profile = fresh(opened, profile)
    running = under_way(profile)
    if running is not None and running.started_at > result.observed_at:
        running = None  # the file is of a run before it
    run = running or _new(profile, result.observed_at, opened)
    run.result = result
    _end(opened, profile, run, measured, result)
    return run


def sentence_of(profile: LoadProfile, run: LoadRun) -> str:
    return _("{profile}, run {run}. {run_sentence}").format(
        profile=profile.name, run=run.number, run_sentence=run.sentence
    )


def _fresh_run(opened: Change, run: LoadRun) -> tuple[LoadRun, LoadProfile]:
    run = LoadRun.objects.select_related("profile").get(pk=run.pk)
    run.profile.plan = opened.plan
    return run, run.profile


def _demand_failed(run: LoadRun, profile: LoadProfile) -> None:
    if run.ended_at is None:
        raise Refused(
            _("Run {run} of {profile} is still under way.").format(
                run=run.number, profile=profile.name
            )
        )
    if run.band == Band.GREEN:
        raise Refused(
            _("Run {run} of {profile} met its limits.").format(run=run.number, profile=profile.name)
        )


def _new(profile: LoadProfile, at: datetime, opened: Change) -> LoadRun:
    number = (profile.runs.aggregate(last=Max("number"))["last"] or 0) + 1
    if number > MOST_RUNS:
        raise Refused(
            _("{profile} has {most_runs} runs; add another profile for more.").format(
                profile=profile.name, most_runs=MOST_RUNS
            )
        )
    return LoadRun(profile=profile, number=number, started_at=at, by_name=opened.author_name)


def _end(
    ending: Change,
    profile: LoadProfile,
    run: LoadRun,
    measured: rules.Figures,
    result: Result | None = None,
) -> None:
    outcome = rules.judge_run(limits_of(profile), measured)
    run.measured = {key: value for key, value in measured.items() if value is not None}
    run.judged = [one.as_data() for one in outcome.figures]
    run.band, run.sentence = outcome.band.value, outcome.sentence
    run.ended_at = ending.at if result is None else max(run.started_at, result.observed_at)
    run.revision += 1
    run.save()
    _feed(ending, profile, run, outcome, result)


def _feed(
    ending: Change,
    profile: LoadProfile,
    run: LoadRun,
    outcome: rules.Outcome,
    result: Result | None,
) -> None:
    """One statement for all figures. What this run does not say is no data, not an older run's."""
    met, of = outcome.met
    values = {one.key: one.value for one in outcome.figures}
    rows = [
        (kind.evidence, f"{profile.name}: {kind.label}", values.get(kind.key), kind.unit)
        for kind in rules.KINDS.values()
        if kind.key in values or kind in rules.LIMITED
    ]
    rows.append(
        (
            "limits",
            _("{profile}: limits met").format(profile=profile.name),
            met if of else None,
            _("of {of}").format(of=of),
        )
    )
    span = result.valid_for_s if result else VALID_FOR_S["locust"]
    source = _("{profile}, run {run}").format(profile=profile.name, run=run.number)
    made = [
        Evidence(
            plan=ending.plan,
            key=f"load.{profile.key}.{name}",
            label=label[:200],
            value=value,
            unit=unit,
            text="" if value is None else number_text(value, unit),
            band="",
            reason=""
            if value is not None
            else _("{source} does not give it").format(source=source)[:500],
            observed_at=run.ended_at,
            valid_for_s=span,
            source=source[:500],
            result=result,
            updated_at=ending.at,
        )
        for name, label, value, unit in rows
    ]
    made = _not_older(ending, made)
    names = [f.name for f in Evidence._meta.fields if f.name not in ("id", "plan", "key")]
    Evidence.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["plan", "key"], update_fields=names
    )


def _not_older(ending: Change, made: list[Evidence]) -> list[Evidence]:
    """Those that nothing newer stands against: the newest observation counts, as for results."""
    rows = Evidence.objects.filter(
        plan=ending.plan, key__in=[one.key for one in made], observed_at__isnull=False
    )
    newest = dict(rows.values_list("key", "observed_at"))
    return [one for one in made if newest.get(one.key, one.observed_at) <= one.observed_at]
