"""People write down what may go wrong, and say what became of it. One event each."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import Risk, RiskState
from checklists.rules.bands import Band
from checklists.rules.field_words import field_words
from checklists.rules.risks import HOLD, PROCEED, ROLLBACK
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Lifecycle, Right, User
from warroom.rules.wording import instant_text, listed

TITLE, WORDS, OWNER, TEXT = 300, 60, 120, 4000
MOST, MOST_ROWS, ROW_TEXT, KEY = 500, 30, 1000, 80
LIMITS = {
    "title": TITLE,
    "severity": WORDS,
    "probability": WORDS,
    "probability_after": WORDS,
    "owner": OWNER,
    "impact": TEXT,
    "cause": TEXT,
    "trigger": TEXT,
    "mitigation": TEXT,
}
PHASES = ("before", "during", "after")
CRITERION_WORDS = ("", PROCEED, HOLD, ROLLBACK)
BANDS = tuple(band.value for band in Band)
AHEAD = (Lifecycle.DRAFT, Lifecycle.PREPARING)
FIELDS = (*LIMITS, "mitigations", "criteria")


def add_risk(
    plan: DeploymentPlan, fields: Mapping[str, Any], *, by: User, request_id: str | None = None
) -> Risk:
    """Write down a risk and return it; the same request again returns the same one.

    ``fields`` as the model has them; ``title`` is wanted. Raises Invalid for a wrong field,
    NotAllowed without the right to edit.
    """
    values = checked(fields)
    if not values.get("title"):
        raise Invalid("title", _("Say what may go wrong."))
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        if adding.repeated:
            return made_by(adding, Risk, "risk")
        number = next_number(adding, Risk, "risk")
        risk = Risk.objects.create(plan=adding.plan, number=number, **values)
        adding.record(
            "risk.added",
            _("R{number} added: {risk}").format(number=number, risk=risk.title),
            risk=number,
            fields=shown(risk),
        )
    return risk


def edit_risk(
    risk: Risk,
    fields: Mapping[str, Any],
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Risk:
    """Change what a risk says and return it as it is now; what is not given stays.

    To say what is already said is no event. Raises Refused when it changed since
    ``seen_revision``; Invalid and NotAllowed as ``add_risk``.
    """
    values = checked(fields)
    with change(risk.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        risk = fresh(editing, risk, "risk")
        keep_edit(editing, risk, values, shown, "risk", f"R{risk.number}", seen_revision)
    return risk


def set_risk_state(
    risk: Risk,
    state: str,
    reason: str = "",
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Risk:
    """Say that a risk is open, watched, has occurred or is closed; return it as it is now.

    Raises Invalid for an unknown state, and without a reason where it has occurred, is closed or
    is taken back from there; Refused and NotAllowed as ``edit_risk``.
    """
    if state not in RiskState.values:
        raise Invalid("state", _("{state!r} is no state of a risk.").format(state=state[:40]))
    reason = checked_reason(reason)
    with change(risk.plan, by=by, right=Right.EDIT, request_id=request_id) as setting:
        risk = fresh(setting, risk, "risk")
        if setting.repeated or (risk.state == state and risk.state_reason == reason):
            return risk
        demand_seen(setting, risk, seen_revision, "risk", f"R{risk.number}")
        _demand_why(risk, state, reason)
        before, risk.state, risk.state_reason = risk.state, state, reason
        risk.state_at, risk.state_by_name = setting.at, setting.author_name
        risk.revision += 1
        risk.save()
        why = _(" Reason: {reason}").format(reason=reason) if reason else ""
        setting.record(
            "risk.changed",
            f"R{risk.number} {STATE_SAID[state]}: {risk.title}{why}",
            risk=risk.number,
            state=state,
            before=before,
            reason=reason,
            revision=risk.revision,
        )
    return risk


STATE_SAID = {
    RiskState.OPEN: _l("is open"),
    RiskState.WATCHED: _l("is watched"),
    RiskState.OCCURRED: _l("has happened"),
    RiskState.CLOSED: _l("is closed"),
}
_TOLD = (RiskState.OCCURRED, RiskState.CLOSED)


def _demand_why(risk: Risk, state: str, reason: str) -> None:
    if not reason and (state in _TOLD or risk.state in _TOLD):
        raise Invalid(
            "reason",
            _("Say why: R{risk} {riskstate}.").format(
                risk=risk.number, riskstate=STATE_SAID[RiskState(state)]
            ),
        )


def remove_risk(
    risk: Risk, reason: str, *, by: User, seen_revision: int | None = None, request_id=None
) -> None:
    """Take a risk off the list before the release is live. The event keeps what it said.

    Raises Refused once the release runs: then it is closed. Invalid without a reason.
    """
    if not (reason := checked_reason(reason)):
        raise Invalid("reason", _("Say why it goes. It stays in the timeline."))
    with change(risk.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        found = Risk.objects.filter(pk=risk.pk, plan=removing.plan).first()
        if removing.repeated or found is None:
            return
        demand_ahead(
            removing.plan,
            _("Close R{found} instead: it keeps its place.").format(found=found.number),
        )
        demand_seen(removing, found, seen_revision, "risk", f"R{found.number}")
        removing.record(
            "risk.removed",
            _("R{found} removed: {found_title} Reason: {reason}").format(
                found=found.number, found_title=found.title, reason=reason
            ),
            risk=found.number,
            fields=shown(found),
            reason=reason,
        )
        found.delete()


# --- shared with scenarios ---------------------------------------------------------------------


def demand_ahead(plan: DeploymentPlan, way_out: str) -> None:
    if plan.lifecycle not in AHEAD:
        raise Refused(
            _("The release runs, and what was known of it stays. {way_out}").format(way_out=way_out)
        )


def demand_seen(changing: Change, row: Any, seen: int | None, noun: str, name: str) -> None:
    """Raise Refused when ``row`` is newer than what its author saw; says who changed it."""
    if seen is None or seen == row.revision:
        return
    mine = {f"data__{noun}": row.number, "kind__startswith": f"{noun}."}
    last = changing.plan.events.filter(**mine).order_by("-seq").first()
    at = instant_text(last.at, changing.at) if last else ""
    who = (
        _("{actor_name} changed {name} first, at {at} UTC").format(
            actor_name=last.actor_name, name=name, at=at
        )
        if last
        else ""
    )
    raise Refused(
        _("{who}. Nothing was saved.").format(
            who=who or _("Somebody changed {name} first").format(name=name)
        )
    )


def next_number(changing: Change, model: type, noun: str) -> int:
    """The number after every one that was ever given, so that no name comes twice."""
    rows = model.objects.filter(plan=changing.plan)
    if rows.count() >= MOST:
        said = _("A release has at most {most} risks.")
        if noun != "risk":
            said = _("A release has at most {most} scenarios.")
        raise Refused(said.format(most=MOST))
    last = rows.aggregate(last=Max("number"))["last"] or 0
    gone = changing.plan.events.filter(kind=f"{noun}.removed").values_list("data", flat=True)
    return max([last, *(data.get(noun, 0) for data in gone)]) + 1


def checked_text(name: str, value: Any, limit: int, *, lines: bool) -> str:
    text = str(value).replace("\0", "").replace("\r\n", "\n").strip()
    text = text if lines else " ".join(text.split())
    if len(text) > limit:
        raise Invalid(
            name,
            _("This has {count} characters; {limit} are allowed.").format(
                count=len(text), limit=limit
            ),
        )
    return text


def checked_watch(key: Any, band: Any, fields: tuple[str, str]) -> tuple[str, str]:
    """A reading and the band it is watched for: both or neither. Raises Invalid."""
    key = checked_text(fields[0], key or "", KEY, lines=False)
    band = str(band or "")
    if band and band not in BANDS:
        raise Invalid(
            fields[1],
            _("{band!r} is no band. Choose {bands}.").format(band=band[:20], bands=listed(BANDS)),
        )
    if key and not band:
        raise Invalid(fields[1], _("Choose the band to watch for."))
    return key, band if key else ""


# --- fields ------------------------------------------------------------------------------------


def checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they will be kept; what has no name here is left aside. Raises Invalid."""
    values = {
        name: checked_text(name, fields[name], limit, lines=limit == TEXT)
        for name, limit in LIMITS.items()
        if name in fields
    }
    if "title" in values and not values["title"]:
        raise Invalid("title", _("Say what may go wrong."))
    if "mitigations" in fields:
        values["mitigations"] = _mitigations(fields["mitigations"])
    if "criteria" in fields:
        values["criteria"] = _criteria(fields["criteria"])
    return values


def _mitigations(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    kept = []
    for row in _rows("mitigations", rows):
        phase = str(row.get("phase") or "")
        if phase not in PHASES:
            raise Invalid(
                "mitigations",
                _("{phase!r} is none of {phases}.").format(phase=phase[:20], phases=listed(PHASES)),
            )
        text = checked_text("mitigations", row.get("text") or "", ROW_TEXT, lines=False)
        if text:
            kept.append({"phase": phase, "text": text})
    return sorted(kept, key=lambda row: PHASES.index(row["phase"]))


def _criteria(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [kept for row in _rows("criteria", rows) if (kept := _criterion(row))]


def _criterion(row: Mapping[str, Any]) -> dict[str, str] | None:
    case, then = (
        checked_text("criteria", row.get(name) or "", ROW_TEXT, lines=False)
        for name in ("if", "then")
    )
    word = str(row.get("word") or "")
    if word not in CRITERION_WORDS:
        raise Invalid(
            "criteria",
            _("{word!r} is none of {criterion_words}.").format(
                word=word[:20], criterion_words=listed(CRITERION_WORDS[1:])
            ),
        )
    key, band = checked_watch(row.get("key"), row.get("band"), ("criteria", "criteria"))
    if not case and not then and not key:
        return None
    if not case:
        raise Invalid("criteria", _("Say when this holds: {then}").format(then=then[:60]))
    kept = {"if": case, "then": then, "word": word}
    return kept | ({"key": key, "band": band} if key else {})


def _rows(name: str, rows: Any) -> list[Mapping[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Invalid(name, _("Rows of fields belong here."))
    if len(rows) > MOST_ROWS:
        raise Invalid(name, _("At most {most_rows} rows.").format(most_rows=MOST_ROWS))
    return rows


def shown(risk: Risk) -> dict[str, Any]:
    """The fields as events keep them."""
    return {name: getattr(risk, name) for name in FIELDS}


def fresh(changing: Change, row: Any, noun: str) -> Any:
    """The risk or scenario as it is now that the plan's row is locked."""
    found = type(row).objects.filter(pk=row.pk, plan=changing.plan).first()
    if found is None:
        said = _("This risk was removed meanwhile. Nothing was saved.")
        if noun != "risk":
            said = _("This scenario was removed meanwhile. Nothing was saved.")
        raise Refused(said)
    found.plan = changing.plan
    return found


def keep_edit(
    editing: Change,
    row: Any,
    values: Mapping[str, Any],
    shown: Callable[[Any], dict[str, Any]],
    noun: str,
    name: str,
    seen: int | None,
) -> None:
    """Set fields of a fresh row and record what differs, before and after; the same is no event.

    Raises Refused when somebody changed the row since ``seen``.
    """
    before = shown(row)
    for field, value in values.items():
        setattr(row, field, value)
    after = shown(row)
    differing = [field for field in after if after[field] != before[field]]
    if editing.repeated or not differing:
        return
    demand_seen(editing, row, seen, noun, name)
    row.revision += 1
    row.save()
    said = field_words(differing)
    editing.record(
        f"{noun}.changed",
        _("{name}{name_2} changed, {said}: {row}").format(
            name=name[:1].upper(), name_2=name[1:], said=said, row=row.title
        ),
        **{noun: row.number},
        changes={one: {"before": before[one], "after": after[one]} for one in differing},
        revision=row.revision,
    )


def made_by(adding: Change, model: type, noun: str) -> Any:
    """What the same request added before."""
    event = adding.plan.events.get(request_id=adding.request_id)
    return model.objects.get(plan=adding.plan, number=event.data[noun])
