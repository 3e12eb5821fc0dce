"""Results that pipelines and people bring in. Rows are never changed: a newer one stands beside.

What counts of them stands under its key in Evidence, and there the newest observation wins,
whatever order results arrive in. A result of another commit, for the report only, or older than
what stands is kept and does not count; ``why`` says so.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from checklists.actions.files import keep_bytes
from checklists.models import Evidence, Result, ResultKind
from checklists.queries.evidence import commit_names, measured_keys
from checklists.queries.rehearsals import foreign_file, foreign_link
from checklists.rules import evidence as rules
from checklists.rules.files import safe_name
from warroom.actions.change import Change, change, demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right, User
from warroom.rules.wording import instant_text

MB = 1024 * 1024
LIMIT_BYTES = 20 * MB
AGAIN = timedelta(minutes=1)  # the same value without a time of its own is sent again within this
LIMITS = {"unit": 20, "text": 300, "source": 500, "url": 500, "commit": 64, "label": 200}
REPORT_ONLY = gettext_noop("It is kept for the report and does not count.")
TIMES = frozenset({"ms", "s", "min", "h", "d"})
Told = str | tuple[str, dict[str, Any]] | None
Followed = Callable[[Change, Result, Any], Told]
_followed: list[Followed] = []
_is_url = URLValidator(["http", "https"])


def register_followed(follow: Followed) -> None:
    """Act on a result that was read from a file and counts, within the change that keeps it.

    ``follow(change, result, reading)`` writes what follows of it and records no event of its own;
    it may return a sentence for the event of the result, such as "2 new findings.", alone or with
    data for it.
    """
    if follow not in _followed:
        _followed.append(follow)


@dataclass
class _Wanted:
    """What is to be kept: the row's fields, its figures by full key, and what makes it the same."""

    fields: dict[str, Any]
    figures: list[dict[str, Any]]
    same: dict[str, Any]
    reading: Any = None
    content: bytes | None = None
    told: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def record_value(
    plan: DeploymentPlan,
    key: str,
    value: float,
    *,
    by: User | str,
    unit: str = "",
    text: str = "",
    observed_at: datetime | None = None,
    source: str = "",
    url: str = "",
    commit: str = "",
    valid_for_s: int | None = None,
    label: str = "",
    request_id: str | None = None,
) -> Result:
    """Keep one value under a key and return its result; sent again, it is the same result.

    ``observed_at``: when it was measured (without a zone: UTC), else now; ``valid_for_s``: seconds
    until it is no data. Raises Invalid for what cannot be kept, Refused for a key that the room
    measures itself, NotAllowed without the right to tick.
    """
    said = _said(unit=unit, text=text, source=source, url=url, commit=commit, label=label)
    if not rules.is_key(key):
        raise Invalid("key", rules.KEY_RULE)
    if wrong := rules.value_objection(value):
        raise Invalid("value", wrong)
    if value < 0 and said["unit"] in TIMES:
        raise Invalid("value", _("A length of time is not below 0."))
    _check_link(plan, said["url"])
    value, shown = float(value), said["text"] or rules.value_text(value, said["unit"])
    content = {"key": key, "value": value, "unit": said["unit"], "text": shown}
    fields = {
        "kind": ResultKind.VALUE,
        "name": said["label"] or key,
        "prefix": key[:60],
        "text": shown,
        "sha256": hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        **{name: said[name] for name in ("source", "url", "commit")},
    }
    figure = {"key": key, "label": said["label"], "value": value, "unit": said["unit"]}
    same = {name: fields[name] for name in ("kind", "sha256", "source", "url", "commit")}
    wanted = _Wanted(fields, [figure | {"text": shown}], same)
    return _keep(plan, wanted, by, observed_at, valid_for_s, True, request_id)


def record_result(
    plan: DeploymentPlan,
    reading: Any,
    data: bytes,
    file_name: str,
    *,
    by: User | str,
    prefix: str | None = None,
    label: str = "",
    commit: str = "",
    counts: bool = True,
    url: str = "",
    source: str = "",
    observed_at: datetime | None = None,
    valid_for_s: int | None = None,
    request_id: str | None = None,
) -> Result:
    """Keep a result file with what was read of it (``rules/results``) and return its row.

    ``label`` is its name instead of the usual one. The same bytes under the same prefix and commit
    again are the same row and no event, unless another ``observed_at`` is given (UTC; else the
    file's own time, else now). ``counts`` False keeps it for the report. Raises Invalid, Refused
    and NotAllowed as ``record_value`` does.
    """
    said = _said(source=source, url=url, commit=commit or reading.commit[:64])
    name = _said(label=label)["label"] or reading.title[:200]
    prefix = reading.prefix if prefix is None else prefix
    if not rules.is_prefix(prefix):
        raise Invalid("prefix", _("A prefix is of letters, digits and hyphens, at most 60: load."))
    demand_bytes(plan, data, by)
    _check_link(plan, said["url"])
    fields = {
        "kind": reading.kind,
        "name": name,
        "prefix": prefix,
        "text": reading.text[:300],
        "detail": rules.detail_text(reading.form, reading.detail),
        "notes": list(reading.notes),
        "whole": rules.ends_well(reading),
        "file_name": safe_name(file_name),
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **said,
    }
    same = {name: fields[name] for name in ("kind", "prefix", "sha256", "commit")}
    wanted = _Wanted(fields, rules.full_figures(prefix, reading.figures), same, reading)
    wanted.content = data
    return _keep(plan, wanted, by, observed_at, valid_for_s, counts, request_id)


def demand_bytes(plan: DeploymentPlan, data: bytes, by: User | str) -> None:
    """Raise NotAllowed or Invalid where these bytes are not to be kept as a result of the plan."""
    if isinstance(by, User):
        demand(plan, by, Right.TICK)  # before anything reaches the disk
    if not data:
        raise Invalid("file", _("The file is empty."))
    if len(data) > LIMIT_BYTES:
        raise Invalid(
            "file",
            _("The file is larger than {limit_bytes} MB.").format(limit_bytes=LIMIT_BYTES // MB),
        )
    if wrong := foreign_file(hashlib.sha256(data).hexdigest(), data, plan):
        raise Invalid("file", wrong)


# --- what is asked -------------------------------------------------------------------------


def _said(**texts: str) -> dict[str, str]:
    """Texts as they are kept. Raises Invalid for one that is too long."""
    kept = {name: text.replace("\0", "").strip() for name, text in texts.items()}
    for name, text in kept.items():
        if len(text) > LIMITS[name]:
            raise Invalid(
                name, _("This is longer than {name} characters.").format(name=LIMITS[name])
            )
    return kept


def _check_link(plan: DeploymentPlan, url: str) -> None:
    if not url:
        return
    try:
        _is_url(url)
    except ValidationError:
        raise Invalid("url", _("A link begins with https:// or http://.")) from None
    if wrong := foreign_link(url, plan):
        raise Invalid("url", wrong)


def _time(opened: Change, wanted: _Wanted, asked: datetime | None) -> datetime:
    """When it was observed (UTC). A file's own clock may be wrong: then it is of now, and noted."""
    if asked is not None:
        at = _utc(asked)
        if wrong := rules.time_objection(at, opened.at):
            raise Invalid("observed_at", wrong)
        return min(at, opened.at)
    own = wanted.reading.observed_at if wanted.reading else None
    if own is None:
        return opened.at
    if rules.time_objection(own, opened.at):
        note = _(
            "The file says {own:%Y-%m-%d %H:%M} UTC, which cannot be: it counts from now."
        ).format(own=own)
        wanted.fields["notes"].append(note)
        return opened.at
    return min(own, opened.at)


def _utc(at: datetime) -> datetime:
    try:
        return rules.as_utc(at)
    except OverflowError:
        raise Invalid("observed_at", _("This is no time that can be meant.")) from None


# --- keeping it ----------------------------------------------------------------------------


def _keep(
    plan: DeploymentPlan,
    wanted: _Wanted,
    by: User | str,
    observed_at: datetime | None,
    valid_for_s: int | None,
    counts: bool,
    request_id: str | None,
) -> Result:
    span = rules.VALID_FOR_S[wanted.fields["kind"]] if valid_for_s is None else valid_for_s
    if wrong := rules.span_objection(span):
        raise Invalid("valid_for", wrong)
    right = Right.TICK if isinstance(by, User) else None
    with change(plan, by=by, right=right, request_id=request_id) as keeping:
        if (there := _there(keeping, wanted, observed_at, counts)) is not None:
            return there
        _refuse_measured(keeping.plan, wanted)
        wanted.fields |= {"observed_at": _time(keeping, wanted, observed_at), "valid_for_s": span}
        fresh = _fresh(keeping, wanted)
        why = _why(keeping, wanted, counts, fresh)
        if why and (there := _kept_beside(keeping, wanted, observed_at, counts)) is not None:
            return there
        if wanted.content is not None:  # before the commit: a row never names bytes not there
            keep_bytes(wanted.fields["sha256"], wanted.content)
        result = _write(keeping, wanted, why)
        if not why:
            _feed(keeping, result, fresh)
            _follow(keeping, result, wanted)
        _record(keeping, result, wanted)
        result.is_fresh = True
    return result


def _there(keeping: Change, wanted: _Wanted, asked: datetime | None, counts: bool) -> Result | None:
    """The result that this is already: sent again, or the same bytes, and they count."""
    plan = keeping.plan
    if keeping.repeated:
        event = plan.events.get(request_id=keeping.request_id)
        return plan.results.filter(number=event.data.get("result")).first()
    if wanted.reading is None:
        return _newest_value(keeping, wanted, asked)
    return _same(keeping, wanted, asked).filter(why="").first() if counts else None


def _same(keeping: Change, wanted: _Wanted, observed_at: datetime | None) -> QuerySet[Result]:
    """Results of the same content. One that did not count is not the same once it would."""
    found = keeping.plan.results.filter(**wanted.same)
    if observed_at is not None:
        return found.filter(observed_at=_utc(observed_at))
    return found if wanted.reading else found.filter(at__gt=keeping.at - AGAIN)


def _kept_beside(
    keeping: Change, wanted: _Wanted, observed_at: datetime | None, counts: bool
) -> Result | None:
    """The same result where it does not count; what is for the report only is kept apart."""
    found = _same(keeping, wanted, observed_at).exclude(why="")
    return (found.exclude(why=REPORT_ONLY) if counts else found.filter(why=REPORT_ONLY)).first()


def _newest_value(keeping: Change, wanted: _Wanted, asked: datetime | None) -> Result | None:
    """The newest result of the key, where it says just this and counts.

    Red, green and red again within a minute are three values, and the last one is red.
    """
    found = keeping.plan.results.filter(kind=ResultKind.VALUE, prefix=wanted.fields["prefix"])
    recent = {"observed_at": _utc(asked)} if asked else {"at__gt": keeping.at - AGAIN}
    newest = found.filter(**recent, why="").order_by("-number").first()
    if newest is None or any(getattr(newest, k) != said for k, said in wanted.same.items()):
        return None
    key = wanted.figures[0]["key"]
    counts = Evidence.objects.filter(plan=keeping.plan, key=key, result=newest).exists()
    return newest if counts or asked else None


def _refuse_measured(plan: DeploymentPlan, wanted: _Wanted) -> None:
    measured = measured_keys(plan, timezone.now())
    for figure in wanted.figures:
        if figure["key"] in measured:
            raise Refused(
                _(
                    "{key} is measured here, by a check or a query of the release. Bring "
                    "it in under another key."
                ).format(key=figure["key"])
            )


def _fresh(keeping: Change, wanted: _Wanted) -> list[dict[str, Any]]:
    """The figures that nothing newer stands against."""
    keys = [figure["key"] for figure in wanted.figures]
    rows = Evidence.objects.filter(plan=keeping.plan, key__in=keys, observed_at__isnull=False)
    newest = dict(rows.values_list("key", "observed_at"))
    at = wanted.fields["observed_at"]
    return [figure for figure in wanted.figures if newest.get(figure["key"], at) <= at]


def _why(keeping: Change, wanted: _Wanted, counts: bool, fresh: Sequence[Any]) -> str:
    """Why it is kept and does not count; "" when it does."""
    if not counts:
        return REPORT_ONLY
    commit = wanted.fields["commit"]
    if commit and (other := rules.other_commit(commit, commit_names(keeping.plan))):
        return _(
            "It was made from {commit}, and this release is {other}: kept, does not count."
        ).format(commit=commit, other=other)
    if wanted.figures and not fresh:
        at = instant_text(wanted.fields["observed_at"], keeping.at)
        return _("Observed {at} UTC, before the reading that counts: kept beside it.").format(at=at)
    return ""


def _write(keeping: Change, wanted: _Wanted, why: str) -> Result:
    last = keeping.plan.results.aggregate(last=Max("number"))["last"] or 0
    return Result.objects.create(
        plan=keeping.plan,
        number=last + 1,
        figures=wanted.figures,
        counts=not why,
        why=why[:300],
        by=keeping.author,
        by_name=keeping.author_name,
        at=keeping.at,
        **wanted.fields,
    )


def _feed(keeping: Change, result: Result, fresh: Sequence[dict[str, Any]]) -> None:
    """One statement for all figures, however many a file has."""
    origin = result.source or " ".join(filter(None, (result.get_kind_display(), result.file_name)))
    if result.kind == ResultKind.VALUE and not result.source:
        origin = _("brought in by {by_name}").format(by_name=result.by_name)
    rows = [
        Evidence(
            plan=keeping.plan,
            key=figure["key"],
            label=figure["label"] or result.name,
            value=figure["value"],
            unit=figure["unit"],
            text=figure["text"],
            band="",
            reason=""
            if figure["value"] is not None
            else _("{result} gives no value").format(result=result.name),
            observed_at=result.observed_at,
            valid_for_s=result.valid_for_s,
            source=origin[:500],
            result=result,
            updated_at=keeping.at,
        )
        for figure in fresh
    ]
    names = [f.name for f in Evidence._meta.fields if f.name not in ("id", "plan", "key")]
    Evidence.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["plan", "key"], update_fields=names
    )


def _follow(keeping: Change, result: Result, wanted: _Wanted) -> None:
    if wanted.reading is None:
        return
    for follow in _followed:
        told = follow(keeping, result, wanted.reading)
        sentence, data = told if isinstance(told, tuple) else (told, {})
        wanted.told += [sentence] if sentence else []
        wanted.data |= data


def _record(keeping: Change, result: Result, wanted: _Wanted) -> None:
    text = " ".join([f"{result.name}: {result.text}.", result.why, *wanted.told]).strip()
    keeping.record(
        "evidence.recorded",
        " ".join(text.split()),
        result=result.number,
        format=result.kind,
        name=result.name,
        said=result.text,
        why=result.why,
        sha256=result.sha256,
        counts=result.counts,
        keys=[figure["key"] for figure in result.figures][:100],
        **wanted.data,
    )
