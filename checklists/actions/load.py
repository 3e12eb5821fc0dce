"""People set load profiles: users, minutes, limits (S99). What they ran to is ``load_runs``."""

import math
from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from checklists.models import LoadProfile
from checklists.queries.load import limits_of, under_way
from checklists.rules import load as rules
from checklists.rules.bands import Bound
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right, User
from warroom.rules.keys import free_key

MOST_PROFILES = 60
LENGTHS = {"name": 200, "command": 4_000}
MOST_USERS, MOST_MINUTES = 10_000_000, 60 * 24 * 14
COUNTS = {"users": MOST_USERS, "minutes": MOST_MINUTES}
LIMITS = {kind.field: kind for kind in rules.LIMITED}


def add_profile(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    request_id: str | None = None,
) -> LoadProfile:
    """Add a load profile and return it; the same request again returns the same one.

    ``fields``: name, and if wanted users, minutes, command and limits (``p50_ms``, ``p95_ms``,
    ``p99_ms``, ``error_percent``, ``throughput``), each a Bound, a text such as "< 500", or a bare
    number: at most, for throughput at least. Raises Invalid for a wrong field, NotAllowed without
    the right to edit.
    """
    values = checked(fields, new=True)
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        profiles = LoadProfile.objects.filter(plan=adding.plan)
        if adding.repeated:
            key = adding.plan.events.get(request_id=request_id).data["profile"]
            return profiles.get(key=key)
        taken = set(profiles.values_list("key", flat=True))
        if len(taken) >= MOST_PROFILES:
            raise Invalid(
                "name",
                _("A release has at most {most_profiles} load profiles.").format(
                    most_profiles=MOST_PROFILES
                ),
            )
        key = free_key(slugify(values["name"])[:40].strip("-_") or "load", taken)
        place = (profiles.aggregate(last=Max("position"))["last"] or 0) + 1
        profile = LoadProfile(plan=adding.plan, key=key, position=place)
        _assign(profile, values)
        profile.save()
        adding.record(
            "load.added",
            _("Load profile added: {told}").format(told=told(profile)),
            profile=key,
            after=shown(profile),
        )
    return profile


def edit_profile(
    profile: LoadProfile,
    fields: Mapping[str, Any],
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> LoadProfile:
    """Change what a profile asks; runs stay as they were judged. The same is no event.

    Raises Invalid, NotAllowed without the right to edit, Refused when it changed since
    ``seen_revision`` or was taken off.
    """
    values = checked(fields)
    with change(profile.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        profile = fresh(editing, profile)
        before = shown(profile)
        _assign(profile, values)
        _refuse_limits(limits_of(profile))
        after = shown(profile)
        if editing.repeated or after == before:
            return profile
        if seen_revision is not None and seen_revision != profile.revision:
            raise Refused(
                _("{profile} was changed meanwhile. Nothing of yours was saved.").format(
                    profile=profile.name
                )
            )
        profile.revision += 1
        profile.save()
        text = _("Load profile changed: {told}").format(told=told(profile))
        editing.record("load.changed", text, profile=profile.key, before=before, after=after)
    return profile


def remove_profile(profile: LoadProfile, *, by: User, request_id: str | None = None) -> LoadProfile:
    """Take a profile off the list; its runs are kept. Once more is no event.

    Raises Refused while it runs, NotAllowed without the right to edit.
    """
    with change(profile.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        profile = LoadProfile.objects.get(pk=profile.pk)
        if profile.removed_at is not None:
            return profile
        if under_way(profile) is not None:
            raise Refused(
                _("{profile} is running. End the run first.").format(profile=profile.name)
            )
        profile.removed_at = removing.at
        profile.revision += 1
        profile.save()
        text = _("Load profile taken off: {profile}").format(profile=profile.name)
        removing.record("load.removed", text, profile=profile.key)
    return profile


# --- what is shared ------------------------------------------------------------------------


def told(profile: LoadProfile) -> str:
    """``Peak load, 500 users, 15 min``."""
    users = _("{users:,} users").format(users=profile.users) if profile.users else ""
    minutes = _("{minutes:,} min").format(minutes=profile.minutes) if profile.minutes else ""
    return ", ".join(filter(None, (profile.name, users, minutes)))


def shown(profile: LoadProfile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in (*LENGTHS, *COUNTS, *LIMITS, "strict")}


def checked(fields: Mapping[str, Any], *, new: bool = False) -> dict[str, Any]:
    """The fields of a profile as they are kept. Raises Invalid, naming the field."""
    values = {name: _value(name, value) for name, value in fields.items()}
    if (new or "name" in values) and not values.get("name"):
        raise Invalid("name", _("Give the profile a name."))
    _refuse_limits({LIMITS[name].key: value for name, value in values.items() if name in LIMITS})
    return values


def _refuse_limits(limits: Mapping[str, Bound | None]) -> None:
    if wrong := rules.limit_objection(limits):
        raise Invalid(*wrong)


def _assign(profile: LoadProfile, values: Mapping[str, Any]) -> None:
    """Write checked fields into the row, unsaved."""
    said = {LIMITS[name].key: value for name, value in values.items() if name in LIMITS}
    plain = {name: value for name, value in values.items() if name not in LIMITS}
    for name, value in (plain | rules.columns(limits_of(profile) | said)).items():
        setattr(profile, name, value)


def _value(name: str, value: Any) -> Any:
    if name in LENGTHS:
        text = str(value or "").replace("\0", "").strip()
        if len(text) > LENGTHS[name]:
            raise Invalid(
                name, _("This is longer than {name:,} characters.").format(name=LENGTHS[name])
            )
        return " ".join(text.split()) if name == "name" else text
    if name in COUNTS:
        if value is not None and not 0 < value <= COUNTS[name]:
            raise Invalid(
                name,
                _("Give a number from 1 to {name:,}, or leave it empty.").format(name=COUNTS[name]),
            )
        return value
    if name not in LIMITS:
        raise Invalid(name, _("A load profile has no such field."))
    return _limit(name, value)


def _limit(name: str, value: Bound | str | float | None) -> Bound | None:
    if value is None or value == "":
        return None
    kind = LIMITS[name]
    try:
        typed = isinstance(value, str)
        limit = rules.read_limit(kind, value) if typed else rules.as_limit(kind, value)
    except ValueError as wrong:
        raise Invalid(name, str(wrong)) from None
    if not math.isfinite(limit.value):
        raise Invalid(name, _("A limit is a finite number."))
    return limit


def fresh(opened: Change, profile: LoadProfile) -> LoadProfile:
    """The profile as it is now that the plan's row is locked. Raises Refused when taken off."""
    profile = LoadProfile.objects.get(pk=profile.pk)
    profile.plan = opened.plan
    if profile.removed_at is not None:
        raise Refused(_("{profile} was taken off the list meanwhile.").format(profile=profile.name))
    return profile
