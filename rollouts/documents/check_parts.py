"""Health checks in a plan file. The secret word of a heartbeat is not: a copy gets its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from rollouts.documents.parts import SourcesPart, Watched, named_sources, watched, watched_row
from rollouts.models import HealthCheck
from rollouts.probes import BadOption, options_of
from rollouts.rules.check_addresses import ADDRESSED, wrong_address
from rollouts.rules.ping_keys import new_key
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

WEEK_S = 7 * 86_400
GRACE_S, STATUS, SLOW_MS = 60, 200, 1000
Option = bool | int | float | f.text(4000) | dict[f.words(60), f.text(2000)]


class CheckFields(Watched):
    """``url``: an address (http), host:port (tcp, tls). ``options``: what its kind wants besides.

    Secrets are named by variables of the worker's environment (``env:NAME``), never written.
    """

    kind: Literal["http", "tcp", "tls", "targets", "heartbeat"] = "http"
    url: f.text(500) = ""
    every: f.a_length(1, WEEK_S) = 15
    status: int = Field(STATUS, ge=100, le=599)
    slow: f.Milliseconds = SLOW_MS
    red: f.Milliseconds | None = None
    source: f.text(100) = ""
    group: f.text(100) = ""
    grace: f.a_length(0, WEEK_S) = GRACE_S
    longest: f.a_length(1, WEEK_S) | None = None
    options: dict[f.words(40), Option] = Field({}, max_length=20)

    @property
    def asked(self) -> dict[str, Any]:
        """The options as a row keeps them."""
        return self.options | ({"longest_s": self.longest} if self.longest else {})


class ChecksPart(Part):
    key, order, schema = "checks", 92, f.many(CheckFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        rows = list(plan.healthcheck_set.order_by("position", "pk"))
        named = _named(plan) if any(row.source_id for row in rows) else {}
        return [_check(row, named.get(row.source_id, "")) for row in rows]

    def check(self, value: list[CheckFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("checks",))
        known = [source.name for source in whole.get("sources", ())]
        for n, one in enumerate(value):
            yield from f.unknown(one.source, known, ("checks", n, "source"), "source")
            yield from _faults(one, ("checks", n))

    def create(
        self, plan: DeploymentPlan, value: list[CheckFields] | None, creation: Creation
    ) -> None:
        sources = creation.made.get("sources", {})
        HealthCheck.objects.bulk_create(
            HealthCheck(
                kind=one.kind,
                url=one.url,
                expect_status=one.status,
                slow_ms=one.slow,
                red_ms=one.red,
                group=one.group,
                source=sources.get(one.source),
                grace_s=one.grace,
                options=one.asked,
                ping_key=new_key() if one.kind == "heartbeat" else None,
                **watched_row(plan, place, one, creation),
            )
            for place, one in enumerate(value or [], start=1)
        )


def _named(plan: DeploymentPlan) -> dict[int, str]:
    """Servers that can be named: one that is not written, as the usual one alone, cannot."""
    told = {one["name"] for one in SourcesPart().write(plan, states=False)}
    return {source.pk: name for source, name in named_sources(plan) if name in told}


def _faults(one: CheckFields, path: tuple) -> Iterable[f.Fault]:
    if one.kind in ADDRESSED and not one.url:
        yield path, _('"url" is missing.'), _("Say what is to be asked.")
    elif wrong := wrong_address(one.kind, one.url):
        yield (*path, "url"), wrong, ""
    try:
        options_of(one.kind, one.asked)
    except BadOption as wrong:
        yield (*path, "options"), f"{wrong.field}: {wrong.message}", ""


def _check(row: HealthCheck, source: str) -> dict[str, Any]:
    options = {name: value for name, value in row.options.items() if name != "longest_s"}
    longest = row.options.get("longest_s")
    return f.given(
        key=row.key,
        name=row.name,
        kind=None if row.kind == "http" else row.kind,
        url=row.url,
        status=None if row.expect_status == STATUS else row.expect_status,
        slow=None if row.slow_ms == SLOW_MS else f.milliseconds(row.slow_ms),
        red=f.milliseconds(row.red_ms) if row.red_ms else None,
        source=source,
        group=row.group,
        grace=None if row.grace_s == GRACE_S else f.length(row.grace_s),
        longest=f.length(longest) if longest else None,
        options=options,
        **watched(row),
    )


register_part(ChecksPart())
