"""What is tried out beforehand: load profiles with their runs, and the dry runs beside them."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions import load, load_runs
from checklists.actions.refused_files import tell_refused
from checklists.actions.results import record_result
from checklists.load_forms import ExceptForm, ExplainForm, ProfileForm, RunFileForm, RunForm
from checklists.models import LoadProfile, LoadRun
from checklists.panels_load import LOAD_RUNS
from checklists.queries.load import ProfileRow, load_rows
from checklists.rules.results.reading import LIMIT_BYTES, WrongResult, read_result
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.live import kept
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.password import ask_again
from warroom.views.plans import page
from warroom.views.posting import posted

Parts = Callable[[HttpRequest, DeploymentPlan], dict[str, Any]]
_parts: list[Parts] = []


def register_part(part: Parts) -> None:
    """``part(request, plan)`` adds to the context of the page."""
    if part not in _parts:
        _parts.append(part)


@require_safe
def trials(request: HttpRequest, slug: str) -> HttpResponse:
    """Load profiles, dry runs, and the forms that add them."""
    return trials_page(request, get_plan(request.user, slug))


def trials_page(
    request: HttpRequest, plan: DeploymentPlan, status: int = 200, **forms: Any
) -> HttpResponse:
    """The page with forms as they were sent, where something in them is wrong."""
    context = page(request, plan, "trials") | {"place": "checks", "profile_form": ProfileForm()}
    for part in _parts:
        context |= part(request, plan)
    return render(request, "checklists/trials.html", context | forms, status=status)


@posted("trials")
def load_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a load profile."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return trials_page(request, plan, 422, profile_form=form)
    try:
        made = load.add_profile(plan, form.said(), by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return trials_page(request, plan, 422, profile_form=form)
    back = reverse("load-profile", args=[slug, made.key])
    return done(request, back, _("{made} is on the list.").format(made=made.name))


# --- one profile ---------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def load_profile(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A profile with its runs and the forms about them; a POST changes what it asks."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    if request.method != "POST":
        return _profile_page(request, plan, row)
    demand(plan, request.user, Right.EDIT)
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, plan, row, edit_form=form)
    try:
        load.edit_profile(
            row.profile,
            form.said(),
            by=request.user,
            seen_revision=form.cleaned_data["revision"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _profile_page(request, plan, row, edit_form=form)
    return _back(
        request,
        row,
        _("{profile} is changed. Runs stay as they were judged.").format(profile=row.profile.name),
    )


@posted("load-profile", "key")
def load_remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take a profile off the list; its runs are kept."""
    plan = get_plan(request.user, slug)
    profile = _find(plan, key, removed=True).profile
    demand(plan, request.user, Right.EDIT)
    load.remove_profile(profile, by=request.user, request_id=once(request))
    return done(
        request,
        reverse("trials", args=[slug]),
        _("{profile} is off the list.").format(profile=profile.name),
    )


@posted("load-profile", "key")
def load_start(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Say that the profile runs from now on."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    shows(request, plan, ("load", ""), ("load-runs", key))
    run = load_runs.start_run(row.profile, by=request.user, request_id=once(request))
    return _back(
        request,
        row,
        _("Run {run} of {profile} is under way.").format(run=run.number, profile=row.profile.name),
    )


@posted("load-profile", "key")
def load_run(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """End the run under way with its figures, or write down one that ended."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    demand(plan, request.user, Right.TICK)
    form = RunForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, plan, row, run_form=form)
    try:
        run = load_runs.finish_run(
            row.profile,
            form.measured(),
            by=request.user,
            cause=form.cleaned_data["cause"],
            seen_run=form.cleaned_data["run"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _profile_page(request, plan, row, run_form=form)
    return _back(request, row, load_runs.sentence_of(row.profile, run), warns=run.band != "green")


@posted("load-profile", "key")
def load_file(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Bring in what Locust or k6 wrote; it becomes a run of the profile."""
    plan = get_plan(request.user, slug)
    row = _find(plan, key)
    demand(plan, request.user, Right.TICK)
    form = RunFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _profile_page(request, plan, row, file_form=form)
    try:
        return _bring(request, plan, row, form)
    except WrongResult as wrong:
        name = form.cleaned_data["file"].name
        tell_refused(plan, name, str(wrong), by=request.user)
        form.add_error("file", f"{name}, {wrong}")
    except Invalid as wrong:
        form.refuse(wrong)
    return _profile_page(request, plan, row, file_form=form)


def _bring(
    request: HttpRequest, plan: DeploymentPlan, row: ProfileRow, form: RunFileForm
) -> HttpResponse:
    upload = form.cleaned_data["file"]
    data, name = upload.read(LIMIT_BYTES + 1), upload.name or ""
    reading = read_result(data, name)
    if reading.prefix not in ("load", "k6"):
        raise Invalid(
            "file",
            _("This is {form}: a run wants Locust's stats or k6's summary.").format(
                form=reading.form
            ),
        )
    result = record_result(
        plan,
        reading,
        data,
        name,
        by=request.user,
        prefix=row.profile.key,
        commit=form.cleaned_data["commit"],
        request_id=once(request),
    )
    run = LoadRun.objects.filter(result=result, profile=row.profile).first()
    said = load_runs.sentence_of(row.profile, run) if run else result.why
    return _back(request, row, said, warns=run is None or run.band != "green")


# --- one run -------------------------------------------------------------------------------


@posted("load-profile", "key")
def load_explain(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """Say why a run failed and what was done about it."""
    plan = get_plan(request.user, slug)
    row, run = _find_run(plan, key, number)
    demand(plan, request.user, Right.TICK)
    form = ExplainForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, plan, row, explain_form=form)
    said = form.cleaned_data
    load_runs.explain_run(
        run, said["cause"], said["fix"], by=request.user, request_id=once(request)
    )
    return _back(request, row, _("Run {number} has its cause.").format(number=number))


@posted("load-profile", "key")
def load_except(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """Accept that a run failed: signed, so the password is asked when it is old."""
    plan = get_plan(request.user, slug)
    row, run = _find_run(plan, key, number)
    demand(plan, request.user, Right.DECIDE)
    form = ExceptForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, plan, row, except_form=form)
    reason = form.cleaned_data["reason"]
    if asks := ask_again(
        request,
        _("except run {number} of {profile}").format(number=number, profile=row.profile.name),
    ):
        return asks
    load_runs.except_run(run, reason, by=request.user, request_id=once(request))
    return _back(
        request,
        row,
        _("Run {number} is a documented exception. It stays red.").format(number=number),
    )


@posted("load-profile", "key")
def load_baseline(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """Compare the profile's other runs with this one."""
    plan = get_plan(request.user, slug)
    row, run = _find_run(plan, key, number)
    shows(request, plan, ("load-runs", key))
    load_runs.set_baseline(run, by=request.user, request_id=once(request))
    return _back(request, row, _("Run {number} is the baseline.").format(number=number))


# --- what is shared ------------------------------------------------------------------------


def _find(plan: DeploymentPlan, key: str, *, removed: bool = False) -> ProfileRow:
    rows = load_rows(plan, key)
    if not rows and removed:
        gone = LoadProfile.objects.filter(plan=plan, key=key).first()
        rows = [ProfileRow(gone, ())] if gone else []
    if not rows:
        raise Http404(_("No such load profile in this release."))
    rows[0].profile.plan = plan
    return rows[0]


def _find_run(plan: DeploymentPlan, key: str, number: int) -> tuple[ProfileRow, LoadRun]:
    row = _find(plan, key)
    run = next((one.run for one in row.runs if one.run.number == number), None)
    if run is None:
        raise Http404(_("No such run of this profile."))
    run.profile = row.profile
    return row, run


def _profile_page(
    request: HttpRequest, plan: DeploymentPlan, row: ProfileRow, **forms: Any
) -> HttpResponse:
    context = page(request, plan, "trials") | {"place": "checks"}
    newest = row.newest.run if row.newest else None
    context |= {
        "row": row,
        "profile": row.profile,
        "runs": kept.render(LOAD_RUNS, plan, context["now"], row.profile.key),
        "edit_form": ProfileForm(profile=row.profile),
        "run_form": RunForm(running=row.running),
        "file_form": RunFileForm(),
        "explain_form": ExplainForm(run=newest),
        "except_form": ExceptForm(run=newest),
        **forms,
    }
    status = 422 if forms else 200
    return render(request, "checklists/load_profile.html", context, status=status)


def _back(request: HttpRequest, row: ProfileRow, said: str, *, warns: bool = False) -> HttpResponse:
    address = reverse("load-profile", args=[row.profile.plan.slug, row.profile.key])
    return done(request, address, said, warns=warns)
