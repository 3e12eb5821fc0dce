"""Ask a check that nobody saved yet, once, for the page on which it is set up."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from rollouts.models import HealthCheck
from rollouts.probes import ASK, BadOption, ProbeResult, no_data
from rollouts.queries.targets import check_target
from rollouts.rules.readings import judged
from warroom.outbound import DEADLINE_S, transport
from warroom.rules.blanks import blanks, named


@dataclass(frozen=True)
class Tried:
    """How it answered. ``band`` as it would be judged; ``text`` the value in words."""

    band: str
    text: str
    reason: str


def try_check(row: HealthCheck) -> Tried:
    """Ask ``row``, saved or not, within the deadline of a probe; nothing is written.

    Goes through the same guard as every other call. A heartbeat is asked nothing.
    """
    said = _ask(row)
    if said.total is not None:
        row.total = said.total
    judge = judged(said.value, row.bands, row.unit, failed=said.failed, reason=said.reason)
    return Tried(judge.band.value, row.show(said.value), judge.reason or said.reason)


def _ask(row: HealthCheck) -> ProbeResult:
    if left := blanks(row.url):
        return no_data(_("not asked: {named} is still to be filled in").format(named=named(left)))
    shared = transport()
    try:
        future = shared.submit(ASK[row.kind](shared, check_target(row)))
        return future.result(timeout=DEADLINE_S + 2)
    except BadOption as error:
        return no_data(_("not asked: {error}").format(error=error))
    except TimeoutError:
        return no_data(_("no answer in time"))
