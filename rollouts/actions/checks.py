from __future__ import annotations

from django.utils.translation import gettext as _

from rollouts.models import HealthCheck, Probing
from warroom.actions.change import change
from warroom.models import DeploymentPlan, User


def run_now(row: Probing, *, by: User, request_id: str | None = None) -> None:
    """Make a metric or check due at once; the worker asks it within a second or two.

    Whoever holds its lease goes on: it is being asked at this moment. Raises NotAllowed without
    the right to run the rollout.
    """
    with change(row.plan, by=by, right="run", request_id=request_id) as asking:
        if asking.repeated:
            return
        row = type(row).objects.defer("history").get(pk=row.pk)
        row.due_at = asking.at
        row.save(update_fields=["due_at"])
        asking.record(
            "check.requested", _("{row}: asked to run now").format(row=row.name), key=row.key
        )


def watch_url(
    plan: DeploymentPlan,
    key: str,
    name: str,
    url: str,
    *,
    by: User | str,
    interval_s: int = 15,
    position: int = 0,
) -> HealthCheck:
    """Have a URL asked every `interval_s` seconds; the same key again moves it to another URL.

    Nothing changes, and nothing is written down, where it is watched already.
    """
    with change(plan, by=by, right="edit") as watching:
        check = HealthCheck.objects.filter(plan=watching.plan, key=key).first()
        if check is not None and check.url == url:
            return check
        check = check or HealthCheck(plan=watching.plan, key=key, name=name, position=position)
        check.url, check.interval_s, check.due_at = url, interval_s, watching.at
        check.full_clean(exclude=["plan", "url"])
        check.save()
        watching.record(
            "check.added",
            _("{check} is watched: {url}").format(check=check.name, url=url),
            key=key,
            url=url,
        )
    return check


def repoint(plan: DeploymentPlan, urls: dict[str, str], *, by: User | str = "demo") -> int:
    """Ask checks at other addresses, by their keys, in one change; return how many moved.

    Where they stand already, nothing changes and nothing is written down.
    """
    with change(plan, by=by, right="edit") as moving:
        rows = HealthCheck.objects.filter(plan=moving.plan, key__in=urls).defer("history")
        moved = [row for row in rows if row.url != urls[row.key]]
        if not moved:
            return 0
        for row in moved:
            row.url, row.due_at = urls[row.key], moving.at
        HealthCheck.objects.bulk_update(moved, ["url", "due_at"])
        names = {row.key: row.url for row in moved}
        moving.record(
            "check.edited",
            _("{count} checks are asked elsewhere").format(count=len(moved)),
            urls=names,
        )
    return len(moved)
