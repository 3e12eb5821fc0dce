"""Who may do what, for every route: scenario 51. A route that this table does not know fails.

To add a route, add a line to ROUTES: its path, and for each method it answers what each person of
the cast gets. Whoever is not signed in is sent to sign in; a method that is not listed is 405.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from checklists.actions.conditions import Wanted
from checklists.actions.delegating import delegate_vote
from checklists.actions.dryruns import add_dry_run, record_dry_run
from checklists.actions.files import attach_file
from checklists.actions.findings import add_finding
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.load import add_profile
from checklists.actions.load_runs import finish_run
from checklists.actions.results import record_result
from checklists.actions.signoffs import sign_off
from checklists.models import Criterion
from checklists.rules.results.reading import read_result
from rollouts.actions.backups import register_backup
from rollouts.actions.hooks import add_hook
from rollouts.actions.procedures import save_procedure
from rollouts.actions.runs import begin_run
from rollouts.models import (
    Guardrail,
    HealthCheck,
    PrometheusQuery,
    PrometheusSource,
    Stage,
    WatchRound,
)
from tests.conftest import CAST
from warroom.actions.change import RULE, change
from warroom.actions.escalations import open_escalation
from warroom.actions.invitations import invite, link_of
from warroom.actions.people import hand_over
from warroom.actions.subscribers import ASKED, TOLD, confirm_address, leave_address
from warroom.actions.templates import make_template
from warroom.actions.walls import make_wall_link
from warroom.models import DeploymentPlan, Message, Role, Seat, Subscriber
from warroom.queries.people import roles_state

pytestmark = pytest.mark.django_db

# The administrator's pages are tested below, the API in tests/checklists/test_api.py.
OWN_TABLES = ("admin", "api")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READING = ("GET", "HEAD", "OPTIONS")
PARTS = 8  # the table is asked in so many tests, so that several can run at once
SEATED = tuple(CAST)  # cora thon hudson forge vera
EVERYBODY = (*SEATED, "root", "stranger", "nobody")  # nobody: not signed in
PLAN = "/plans/genesis-4/"


def everyone(status, **others):
    """The same for all, except for those named."""
    return dict.fromkeys(EVERYBODY, status) | others


def members(status, **others):
    """For those with a seat and the administrator; 404 for a stranger, sign-in for nobody."""
    return everyone(status, stranger=404, nobody=302) | others


def holders(status, *names, without=403):
    """For the named; the other members are refused."""
    return members(without) | dict.fromkeys(names, status)


EDIT = ("cora", "root")
RUN = ("cora", "thon", "root")
TICK = ("cora", "thon", "hudson", "forge", "root")
SIGN = VOTE = ("cora", "thon", "hudson")


@dataclass(frozen=True)
class Route:
    """What a route answers: by method, a status per person. ``send``: what POST sends."""

    path: str
    get: dict[str, int] | None = None
    post: dict[str, int] | None = None
    send: dict[str, str] = field(default_factory=dict)
    other: int = 405  # for whoever is let in
    open: bool = False  # nobody has to sign in
    more: dict[str, dict[str, int]] = field(default_factory=dict)  # methods beyond GET and POST

    def expected(self, method: str, name: str) -> int:
        answers = {"GET": self.get, "HEAD": self.get, "POST": self.post, **self.more}.get(method)
        if answers is not None:
            return answers[name]
        if name == "nobody" and not self.open:
            return 302
        return self.other


READ = members(200)
LED = members(302)  # it only takes a form: led to the page that the form stands on


def lines(*prefixes):
    """A form of many lines with none in it."""
    return {
        f"{prefix}-{what}": "0" for prefix in prefixes for what in ("TOTAL_FORMS", "INITIAL_FORMS")
    }


GATE = {
    "title": "5 to 10 %",
    "opens": "T+12h",
    "hold_minutes": "6h",
    "quorum": "all",
    "delegate_minutes": "10",
    "silence_minutes": "60",
    "reason": "Agreed.",
}

ROUTES = {
    "healthz": Route("/healthz", get=everyone(200), open=True),
    "readyz": Route("/readyz", get=everyone(200), open=True),
    "metrics": Route("/metrics", get=everyone(200), open=True),  # to loopback only
    "sign-in": Route(
        "/sign-in/",
        get=everyone(302, nobody=200),
        post=everyone(302, nobody=422),
        more={"PUT": everyone(302, nobody=422), "OPTIONS": everyone(302, nobody=200)}
        | dict.fromkeys(("PATCH", "DELETE"), everyone(302, nobody=405)),
        open=True,
    ),
    "sign-out": Route(
        "/sign-out/", post=everyone(302), more={"OPTIONS": everyone(200, nobody=302)}
    ),
    "import": Route("/plans/import", get=everyone(200, nobody=302), post=everyone(422, nobody=302)),
    "new": Route("/plans/new", get=everyone(200, nobody=302), post=everyone(422, nobody=302)),
    "new-template": Route("/plans/new/templates/drill/", get=everyone(200, nobody=302)),
    "template-retire": Route(
        "/plans/new/templates/ours/retire",
        get=everyone(302),
        post=members(403) | {"cora": 302, "root": 302},
    ),
    "template-keep": Route(
        f"{PLAN}template", get=LED, post=holders(302, *EDIT), send={"template_name": "Ours again"}
    ),
    "status": Route("/status/genesis-4/", get=everyone(200), open=True),
    "status-atom": Route("/status/genesis-4.atom", get=everyone(200), open=True),
    "status-badge": Route("/status/genesis-4.svg", get=everyone(200), open=True),
    "status-subscribe": Route(
        "/status/genesis-4/subscribe/", get=everyone(200), post=everyone(422), open=True
    ),
    "status-confirm": Route(
        "/status/genesis-4/confirm/{confirming}/",
        get=everyone(200),
        post=everyone(200),
        open=True,
    ),
    "status-leave": Route(
        "/status/genesis-4/unsubscribe/{leaving}/",
        get=everyone(200),
        post=everyone(200),
        open=True,
    ),
    "status-place": Route(
        f"{PLAN}status/place", get=LED, post=holders(302, *EDIT), send={"url": ""}
    ),
    "status-json": Route("/status/genesis-4.json", get=everyone(200), open=True),
    "wall": Route(f"{PLAN}wall/", get=READ, open=True, other=405),
    "wall-live": Route(f"{PLAN}wall/0/live", get=everyone(404, nobody=302), other=404),
    "wall-snapshot": Route(f"{PLAN}wall/0/live/snapshot", get=members(200, nobody=404), open=True),
    "wall-make": Route(
        f"{PLAN}settings/wall", get=LED, post=holders(200, *EDIT), send={"label": "Room 2"}
    ),
    "wall-revoke": Route(f"{PLAN}settings/wall/{{wall}}/revoke", get=LED, post=holders(302, *EDIT)),
    "plans": Route("/", get=everyone(200, nobody=302)),
    "me": Route("/me/", get=everyone(200, nobody=302)),
    "language": Route("/language/", post=everyone(302), send={"language": "de"}, open=True),
    "signed-in": Route("/signed-in/", get=everyone(204, nobody=302)),
    "theme": Route("/theme/", post=everyone(302), send={"theme": "dark"}, open=True),
    "room": Route(PLAN, get=READ),
    "timeline": Route(
        f"{PLAN}timeline/", get=READ, post=holders(302, *TICK), send={"text": "Seen."}
    ),
    "live": Route(  # streams come from the server in front of Django
        f"{PLAN}live", get=everyone(404, nobody=302), post=everyone(404, nobody=302), other=404
    ),
    "live-snapshot": Route(f"{PLAN}live/snapshot", get=READ),
    "reimport": Route(f"{PLAN}import", get=READ, post=holders(422, *EDIT)),
    "export": Route(f"{PLAN}document", get=READ),
    "settings": Route(f"{PLAN}settings/", get=READ),
    "save-plan": Route(
        f"{PLAN}settings/plan",
        get=LED,
        post=holders(302, *EDIT),
        send={"name": "Genesis 4", "time_zone": "UTC", "watch_hours": "48"},
    ),
    "shift": Route(
        f"{PLAN}settings/shift",
        get=LED,
        post=holders(302, *EDIT),
        send={"shift": "2030-10-24 03:00", "reason": "Agreed."},
    ),
    "lifecycle-step": Route(f"{PLAN}lifecycle/deploying/", get=LED, post=holders(302, *RUN)),
    "contacts": Route(
        f"{PLAN}settings/contacts",
        get=LED,
        post=holders(302, *EDIT),
        send=lines("level", "contact"),
    ),
    "readiness": Route(f"{PLAN}readiness/", get=READ),
    "score": Route(
        f"{PLAN}readiness/security/score",
        get=members(302),
        post=holders(302, *SIGN),
        send={"value": "8", "why": "Scanned."},
    ),
    "weights": Route(
        f"{PLAN}settings/weights", get=LED, post=holders(302, *EDIT), send=lines("weight")
    ),
    "people": Route(
        f"{PLAN}people/",
        get=READ,
        post=holders(302, *EDIT),
        send={"role": "member", "person": "vera"},
    ),
    "seat-leave": Route(f"{PLAN}people/member/forge/leave", get=LED, post=holders(302, *EDIT)),
    "seat-hand-over": Route(
        f"{PLAN}people/member/forge/hand-over",
        get=READ,
        post=holders(302, *EDIT, "forge"),
        send={"person": "vera", "ends_at": "2100-01-01 07:00", "starts_at": "2099-12-31 22:00"},
    ),
    "seat-take-back": Route(
        f"{PLAN}people/on-call/thon/hand-over/{{stand_in}}/take-back",
        get=LED,
        post=holders(302, *EDIT, "thon"),
    ),
    "roles": Route(
        f"{PLAN}settings/roles",
        get=LED,
        post=holders(302, *EDIT),
        send={"seen": "{roles}", "member.name": "Member", "member.tick": "on", "member.vote": "on"},
    ),
    "role-add": Route(
        f"{PLAN}settings/roles/add", get=LED, post=holders(302, *EDIT), send={"name": "Night cover"}
    ),
    "role-remove": Route(
        f"{PLAN}settings/roles/remove", get=LED, post=holders(302, *EDIT), send={"role": "observer"}
    ),
    "invitations": Route(
        f"{PLAN}invitations",
        get=LED,
        post=holders(302, *EDIT),
        send={"role": "on-call", "email": "rin@example.org"},
    ),
    "invitation-renew": Route(
        f"{PLAN}invitations/{{invitation}}/renew", get=LED, post=holders(302, *EDIT)
    ),
    "invitation-revoke": Route(
        f"{PLAN}invitations/{{invitation}}/revoke", get=LED, post=holders(302, *EDIT)
    ),
    "invitation": Route(
        "/invitations/{token}/",
        get=everyone(200),
        post=everyone(302, nobody=422),
        send={"answer": "accept"},
        open=True,
    ),
    "status-updates": Route(
        f"{PLAN}status/", get=READ, post=holders(302, *EDIT), send={"text": "We go on at noon."}
    ),
    "status-public": Route(
        f"{PLAN}status/public", get=LED, post=holders(302, *EDIT), send={"public": "no"}
    ),
    "escalation": Route(f"{PLAN}escalation/", get=READ),
    "escalation-acknowledge": Route(
        f"{PLAN}escalation/1/acknowledge", get=LED, post=holders(302, *TICK)
    ),
    "escalation-close": Route(
        f"{PLAN}escalation/1/close", get=LED, post=holders(302, *TICK), send={"reason": "Over."}
    ),
    "checks": Route(f"{PLAN}checks/", get=READ),
    "sources": Route(
        f"{PLAN}settings/sources", get=LED, post=holders(302, *EDIT), send={"name": "EU"}
    ),
    "source-edit": Route(
        f"{PLAN}settings/sources/{{source}}",
        get=LED,
        post=holders(302, *EDIT),
        send={"name": "Prometheus"},
    ),
    "source-retire": Route(
        f"{PLAN}settings/sources/{{source}}/retire",
        get=LED,
        post=holders(302, *EDIT),
        send={"state": "on"},
    ),
    "source-try": Route(
        f"{PLAN}settings/sources/{{source}}/try", get=LED, post=holders(200, *EDIT)
    ),
    "baselines": Route(f"{PLAN}checks/baseline/", get=READ, post=holders(422, *EDIT)),
    "baseline-record": Route(f"{PLAN}checks/baseline/record", get=LED, post=holders(422, *EDIT)),
    "baseline-remove": Route(
        f"{PLAN}checks/baseline/{{baseline}}/remove", get=LED, post=holders(302, *EDIT)
    ),
    "metrics-import": Route(f"{PLAN}checks/import/", get=READ, post=holders(422, *EDIT)),
    "metrics-export": Route(f"{PLAN}checks/metrics.yaml", get=READ),
    "tuning": Route(f"{PLAN}checks/tuning/", get=READ),
    "metric-new": Route(f"{PLAN}checks/metric/new/", get=READ, post=holders(422, *EDIT)),
    "metric-edit": Route(f"{PLAN}checks/metric/latency/edit/", get=READ, post=holders(422, *EDIT)),
    "metric-switch": Route(
        f"{PLAN}checks/metric/latency/switch/",
        get=LED,
        post=holders(302, *EDIT),
        send={"state": "on", "reason": "Agreed."},
    ),
    "metric-move": Route(
        f"{PLAN}checks/metric/latency/move/",
        get=LED,
        post=holders(302, *EDIT),
        send={"place": "1"},
    ),
    "metric-note": Route(
        f"{PLAN}checks/metric/latency/note/",
        get=LED,
        post=holders(302, *TICK),
        send={"text": "Odd."},
    ),
    "metric-unplan": Route(
        f"{PLAN}checks/metric/latency/unplan/", get=LED, post=holders(302, *EDIT)
    ),
    "run-check": Route(f"{PLAN}checks/check/home/run/", get=LED, post=holders(302, *RUN)),
    "rollout": Route(f"{PLAN}rollout/", get=READ),
    "advance": Route(
        f"{PLAN}rollout/advance/5/", get=LED, post=holders(302, *RUN), send={"confirmed": "5"}
    ),
    "stages": Route(
        f"{PLAN}rollout/stages/", get=READ, post=holders(302, *EDIT), send={"to_percent": "90"}
    ),
    "stage-edit": Route(
        f"{PLAN}rollout/stages/1/",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"cadence": "15m", "hold": "6h"},
    ),
    "stage-remove": Route(  # it has begun
        f"{PLAN}rollout/stages/1/remove/", get=LED, post=holders(409, *EDIT)
    ),
    "rollout-hold": Route(
        f"{PLAN}rollout/hold/", get=LED, post=holders(302, *RUN, *SIGN), send={"reason": "Look."}
    ),
    "rollout-release": Route(
        f"{PLAN}rollout/release/", get=LED, post=holders(302, *RUN, *SIGN), send={"reason": "Ok."}
    ),
    "rollout-resume": Route(  # no rollback stands
        f"{PLAN}rollout/resume/",
        get=LED,
        post=holders(409, *RUN),
        send={"reason": "Fixed.", "to_percent": "0", "confirmed": "0"},
    ),
    "confirm-share": Route(  # no share is wanted
        f"{PLAN}rollout/confirm/", get=LED, post=holders(409, *RUN), send={"generation": "1"}
    ),
    "carry-out": Route(  # nobody is there to be called
        f"{PLAN}rollout/carry-out/", get=LED, post=holders(409, *RUN), send={"generation": "1"}
    ),
    "executor": Route(
        f"{PLAN}settings/executor/",
        get=LED,
        post=holders(302, *EDIT),
        send={"kind": "manual", "enabled": "on"},
    ),
    "observation": Route(
        f"{PLAN}settings/observation/",
        get=LED,
        post=holders(302, *EDIT),
        send={"every_s": "10", "drift_points": "2", "drift_s": "120"},
    ),
    "rounds": Route(f"{PLAN}rollout/rounds/", get=READ),
    "watching": Route(
        f"{PLAN}rollout/rounds/settings",
        get=LED,
        post=holders(302, *EDIT),
        send={"cadence": "5 min until 1h", "late": "2 min", "missed": "2"},
    ),
    "success": Route(
        f"{PLAN}rollout/success/", get=READ, post=holders(302, *EDIT), send={"text": "Calm"}
    ),
    "success-edit": Route(
        f"{PLAN}rollout/success/calm/edit/",
        get=LED,
        post=holders(302, *EDIT),
        send={"text": "Very calm"},
    ),
    "success-remove": Route(
        f"{PLAN}rollout/success/calm/remove/",
        get=LED,
        post=holders(302, *EDIT),
        send={"reason": "Twice."},
    ),
    "success-judge": Route(
        f"{PLAN}rollout/success/calm/judge/",
        get=LED,
        post=holders(302, *VOTE),
        send={"met": "yes", "reason": "Asked them."},
    ),
    "success-look": Route(  # nothing measures it
        f"{PLAN}rollout/success/calm/look/", get=LED, post=holders(409, *TICK)
    ),
    "round": Route(
        f"{PLAN}rollout/rounds/{{round}}/",
        get=READ,
        post=holders(302, *TICK),
        send={"action": "none", "note": "Seen."},
    ),
    "guardrail-new": Route(
        f"{PLAN}rollout/guardrails/new/",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"watches": "no_data", "window": "10 min", "mode": "recommend"},
    ),
    "guardrail-edit": Route(
        f"{PLAN}rollout/guardrails/drift/",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"watches": "drift", "window": "2 min", "mode": "recommend"},
    ),
    "guardrail-remove": Route(
        f"{PLAN}rollout/guardrails/drift/remove/", get=LED, post=holders(302, *EDIT)
    ),
    "trigger-add": Route(
        f"{PLAN}rollback/triggers/", get=LED, post=holders(302, *EDIT), send={"text": "Data loss"}
    ),
    "trigger-remove": Route(
        f"{PLAN}rollback/triggers/1/remove/", get=LED, post=holders(302, *EDIT)
    ),
    "rollback": Route(
        f"{PLAN}rollback/",
        get=READ,
        post=holders(302, *RUN, "hudson"),
        send={"reason": "Errors", "confirmed": "ROLLBACK"},
    ),
    "checklist": Route(f"{PLAN}checklist/", get=READ),
    "item": Route(f"{PLAN}items/1/", get=READ),
    "item-state": Route(
        f"{PLAN}items/1/state", get=LED, post=holders(302, *TICK), send={"state": "done"}
    ),
    "item-notes": Route(
        f"{PLAN}items/1/notes", get=LED, post=holders(302, *TICK), send={"text": "Seen."}
    ),
    "item-count": Route(  # the item counts nothing
        f"{PLAN}items/1/count", get=LED, post=holders(422, *TICK), send={"count": "1"}
    ),
    "item-files": Route(f"{PLAN}items/1/files", get=LED, post=holders(422, *TICK)),
    "item-file": Route(f"{PLAN}items/1/files/{{file}}/panel.png", get=READ),
    "phase-switch": Route(
        f"{PLAN}phases/1/switch", get=LED, post=holders(302, *EDIT), send={"state": "on"}
    ),
    "group-switch": Route(
        f"{PLAN}groups/{{group}}/switch", get=LED, post=holders(302, *EDIT), send={"state": "on"}
    ),
    "checklist-edit": Route(f"{PLAN}checklist/edit", get=holders(200, *EDIT)),
    "items-bulk": Route(
        f"{PLAN}items/bulk",
        get=holders(200, *TICK),
        post=holders(302, *TICK),
        send={"items": "1@0", "state": "done"},
    ),
    "item-add": Route(
        f"{PLAN}items/add",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"text": "One more", "where": "phase-1", "named": "{signoff}"},
    ),
    "item-edit": Route(
        f"{PLAN}items/1/edit",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"text": "Other words", "named": "{signoff}"},
    ),
    "item-move": Route(
        f"{PLAN}items/1/move",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"where": "phase-2", "named": "{signoff}"},
    ),
    "item-remove": Route(
        f"{PLAN}items/1/remove",
        get=LED,
        post=holders(302, *EDIT),
        send={"reason": "Not needed", "named": "{signoff}"},
    ),
    "item-restore": Route(f"{PLAN}items/1/restore", get=LED, post=holders(302, *EDIT)),
    "phase-add": Route(
        f"{PLAN}phases",
        get=LED,
        post=holders(302, *EDIT),
        send={"title": "After", "named": "{signoff}"},
    ),
    "phase-edit": Route(
        f"{PLAN}phases/1/edit",
        get=LED,
        post=holders(302, *EDIT),
        send={"title": "Before", "named": "{signoff}"},
    ),
    "phase-move": Route(
        f"{PLAN}phases/1/move",
        get=LED,
        post=holders(302, *EDIT),
        send={"place": "2", "named": "{signoff}"},
    ),
    "phase-remove": Route(
        f"{PLAN}phases/2/remove", get=LED, post=holders(302, *EDIT), send={"named": "{signoff}"}
    ),
    "group-add": Route(
        f"{PLAN}phases/1/groups",
        get=LED,
        post=holders(302, *EDIT),
        send={"title": "If needed", "named": "{signoff}"},
    ),
    "group-edit": Route(
        f"{PLAN}groups/{{group}}/edit",
        get=LED,
        post=holders(302, *EDIT),
        send={"title": "B", "named": "{signoff}"},
    ),
    "group-move": Route(
        f"{PLAN}groups/{{group}}/move", get=LED, post=holders(302, *EDIT), send={"place": "1"}
    ),
    "group-remove": Route(
        f"{PLAN}groups/{{group}}/remove",
        get=LED,
        post=holders(302, *EDIT),
        send={"named": "{signoff}"},
    ),
    "days": Route(f"{PLAN}days/", get=READ),
    "day": Route(
        f"{PLAN}days/evening/2025-10-23/",
        get=READ,
        post=holders(302, *TICK),
        send={"q-mood": "Fine"},
    ),
    "daily-form": Route(
        f"{PLAN}days/forms",
        get=LED,
        post=holders(302, *EDIT),
        send={
            "title": "Morning",
            "at_time": "09:00",
            "first_day": "2025-10-23",
            "questions": "Open incidents | number",
        },
    ),
    "signoffs": Route(
        f"{PLAN}signoffs",
        get=members(302),
        post=holders(302, "thon"),
        send={"scope": "1", "role": "on-call", "decision": "approved"},
    ),
    "withdraw": Route(f"{PLAN}signoffs/{{signoff}}/withdraw", get=LED, post=holders(302, "hudson")),
    "condition-close": Route(
        f"{PLAN}conditions/1/close", get=LED, post=holders(302, *VOTE), send={"note": "Met."}
    ),
    "gates": Route(f"{PLAN}gates/", get=members(302)),
    "gate": Route(f"{PLAN}gates/gate-1/", get=READ),
    "meeting": Route(f"{PLAN}gates/gate-1/meeting/", get=READ),
    "pack": Route(f"{PLAN}gates/gate-1/pack/", get=READ),
    "pack-document": Route(f"{PLAN}gates/gate-1/pack.md", get=READ),
    "votes": Route(  # who sits there, and who was asked to vote for them
        f"{PLAN}gates/gate-1/votes",
        get=members(302),
        post=holders(302, "thon", "vera"),
        send={"role": "on-call", "vote": "go"},
    ),
    "gate-add": Route(
        f"{PLAN}gates/add", get=holders(200, *EDIT), post=holders(302, *EDIT), send=GATE
    ),
    "gate-edit": Route(
        f"{PLAN}gates/gate-1/edit", get=holders(200, *EDIT), post=holders(302, *EDIT), send=GATE
    ),
    "gate-remove": Route(  # somebody has voted there
        f"{PLAN}gates/gate-1/remove",
        get=LED,
        post=holders(409, *EDIT),
        send={"reason": "Not wanted."},
    ),
    "gate-absent": Route(f"{PLAN}gates/gate-1/absent", get=READ, post=holders(302, "cora")),
    "gate-tries": Route(
        f"{PLAN}gates/gate-1/tries",
        get=members(302),
        post=holders(302, *VOTE),
        send={"role": "on-call", "how": "Call", "result": "No answer"},
    ),
    "gate-delegations": Route(  # who decides, and who holds the role
        f"{PLAN}gates/gate-1/delegations",
        get=members(302),
        post=holders(302, "cora", "thon"),
        send={"role": "on-call", "to": "forge", "reason": "Away.", "agreed": "Forge votes."},
    ),
    "delegation-end": Route(  # and who was asked
        f"{PLAN}gates/gate-1/delegations/{{delegation}}/end",
        get=LED,
        post=holders(302, "cora", "thon", "vera"),
    ),
    "deputies": Route(
        f"{PLAN}settings/deputies",
        get=LED,
        post=holders(302, *EDIT, "thon"),
        send={"role": "on-call", "person": "vera"},
    ),
    "deputy-remove": Route(
        f"{PLAN}settings/deputies/remove",
        get=LED,
        post=holders(302, *EDIT, "thon"),
        send={"role": "on-call", "person": "vera"},
    ),
    "decision": Route(
        f"{PLAN}gates/gate-1/decision",
        get=members(302),
        post=holders(302, "cora"),
        send={"decision": "hold"},
    ),
    "branches": Route(
        f"{PLAN}gates/gate-1/branches",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"go": "Switch the flag on"},
    ),
    "decision-record": Route(f"{PLAN}gates/gate-0/decisions/{{decision}}/", get=READ),
    "decision-document": Route(f"{PLAN}gates/gate-0/decisions/{{decision}}.md", get=READ),
    "decision-verify": Route(  # without a file there is nothing to compare
        f"{PLAN}gates/gate-0/decisions/{{decision}}/verify", get=READ, post=members(422)
    ),
    "decision-correction": Route(
        f"{PLAN}gates/gate-0/decisions/{{decision}}/corrections",
        get=LED,
        post=holders(302, *EDIT),
        send={"text": "It was Thon."},
    ),
    "followups": Route(
        f"{PLAN}followups/", get=READ, post=holders(302, *TICK), send={"text": "Buy cake"}
    ),
    "followup": Route(f"{PLAN}followups/1/", get=READ),
    "followup-done": Route(
        f"{PLAN}followups/1/done", get=LED, post=holders(302, *TICK), send={"note": "Looked."}
    ),
    "followup-date": Route(  # it is not the one that sets a date
        f"{PLAN}followups/1/date",
        get=LED,
        post=holders(422, *EDIT),
        send={"shift": "+7d", "reason": "Fix first"},
    ),
    "gate-bar": Route(
        f"{PLAN}gates/gate-1/bar",
        get=members(302),
        post=holders(302, *EDIT),
        send={"bar": "90", "reason": "Agreed", "named": "{votes}"},
    ),
    "criterion-add": Route(
        f"{PLAN}gates/gate-1/criteria/add",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={
            "label": "Backup",
            "source": "person",
            "counts": "veto",
            "reason": "New",
            "named": "{votes}",
        },
    ),
    "criterion-edit": Route(
        f"{PLAN}gates/gate-1/criteria/team/edit",
        get=holders(200, *EDIT),
        post=holders(422, *EDIT),
        send={"label": "Team"},
    ),
    "criterion-move": Route(
        f"{PLAN}gates/gate-1/criteria/team/move",
        get=LED,
        post=holders(302, *EDIT),
        send={"place": "1"},
    ),
    "criterion-remove": Route(
        f"{PLAN}gates/gate-1/criteria/team/remove",
        get=LED,
        post=holders(302, *EDIT),
        send={"reason": "Asked elsewhere", "named": "{votes}"},
    ),
    "criterion-waiver": Route(
        f"{PLAN}gates/gate-1/criteria/team/waiver",
        get=holders(200, *SIGN),
        post=holders(422, *SIGN),
        send={"reason": "Known"},
    ),
    "waiver-withdraw": Route(
        f"{PLAN}gates/gate-1/criteria/team/waiver/withdraw",
        get=LED,
        post=holders(302, *SIGN),
        send={"a": "b"},
    ),
    "judgement": Route(
        f"{PLAN}gates/gate-1/criteria/team",
        get=LED,
        post=holders(302, *VOTE),
        send={"band": "green", "note": "All here."},
    ),
    "check-new": Route(
        f"{PLAN}checks/check/new/?kind=http", get=holders(200, *EDIT), post=holders(422, *EDIT)
    ),
    "checks-many": Route(
        f"{PLAN}checks/check/many/", get=holders(200, *EDIT), post=holders(422, *EDIT)
    ),
    "check": Route(f"{PLAN}checks/check/home/", get=READ),
    "check-edit": Route(
        f"{PLAN}checks/check/home/edit/", get=holders(200, *EDIT), post=holders(422, *EDIT)
    ),
    "check-remove": Route(f"{PLAN}checks/check/home/remove/", get=LED, post=holders(302, *EDIT)),
    "check-restore": Route(f"{PLAN}checks/check/home/restore/", get=LED, post=holders(302, *EDIT)),
    "check-move": Route(
        f"{PLAN}checks/check/home/move/",
        get=LED,
        post=holders(302, *EDIT),
        send={"place": "1"},
    ),
    "check-renew": Route(f"{PLAN}checks/check/home/renew/", get=LED, post=holders(302, *EDIT)),
    "alerts": Route(f"{PLAN}alerts/", get=READ),
    "alert": Route(f"{PLAN}alerts/{{alert}}/", get=READ),
    "alert-acknowledge": Route(
        f"{PLAN}alerts/{{alert}}/acknowledge", get=LED, post=holders(302, *TICK)
    ),
    "alert-over": Route(
        f"{PLAN}alerts/{{alert}}/over",
        get=LED,
        post=holders(302, *TICK),
        send={"over-reason": "Seen green."},
    ),
    "alert-false": Route(
        f"{PLAN}alerts/{{alert}}/false",
        get=LED,
        post=holders(302, *TICK),
        send={"false-reason": "A test."},
    ),
    "hook-add": Route(
        f"{PLAN}alerts/hooks",
        get=LED,
        post=holders(200, *EDIT),
        send={"name": "Grafana", "kind": "grafana"},
    ),
    "hook-edit": Route(
        f"{PLAN}alerts/hooks/{{hook}}/edit",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"name": "Night"},
    ),
    "hook-retire": Route(f"{PLAN}alerts/hooks/{{hook}}/retire", get=LED, post=holders(302, *EDIT)),
    "drill-fire": Route(
        f"{PLAN}alerts/drills", get=LED, post=holders(302, *TICK), send={"severity": "critical"}
    ),
    # Their key is what counts; what they do with one is in tests/rollouts.
    "hook": Route("/hooks/grafana/none", more={"POST": everyone(404)}, open=True),
    "ping": Route("/ping/none", get=everyone(404), more={"POST": everyone(404)}, open=True),
    "ping-word": Route("/ping/none/1", get=everyone(404), more={"POST": everyone(404)}, open=True),
    "trials": Route(f"{PLAN}trials/", get=READ),
    "load-add": Route(
        f"{PLAN}trials/load", get=LED, post=holders(302, *EDIT), send={"name": "Spike"}
    ),
    "load-profile": Route(
        f"{PLAN}trials/load/peak/", get=READ, post=holders(302, *EDIT), send={"name": "Peak"}
    ),
    "load-remove": Route(f"{PLAN}trials/load/peak/remove", get=LED, post=holders(302, *EDIT)),
    "load-start": Route(f"{PLAN}trials/load/peak/start", get=LED, post=holders(302, *TICK)),
    "load-run": Route(
        f"{PLAN}trials/load/peak/runs", get=LED, post=holders(302, *TICK), send={"p95": "171"}
    ),
    "load-file": Route(
        f"{PLAN}trials/load/peak/file",
        get=LED,
        post=holders(422, *TICK),
        send={"commit": "3d97ee2"},
    ),
    "load-explain": Route(
        f"{PLAN}trials/load/peak/runs/1/cause",
        get=LED,
        post=holders(302, *TICK),
        send={"cause": "Slow."},
    ),
    "load-except": Route(
        f"{PLAN}trials/load/peak/runs/1/except",
        get=LED,
        post=holders(302, "cora"),
        send={"reason": "Old."},
    ),
    "load-baseline": Route(
        f"{PLAN}trials/load/peak/runs/1/baseline", get=LED, post=holders(302, *TICK)
    ),
    "evidence": Route(f"{PLAN}evidence/", get=READ, post=holders(302, *TICK), send={"ref": "gone"}),
    "evidence-preview": Route(
        f"{PLAN}evidence/preview",
        get=holders(302, *TICK),
        post=holders(302, *TICK),
        send={"ref": "gone"},
    ),
    "evidence-values": Route(
        f"{PLAN}evidence/values", get=LED, post=holders(302, *TICK), send={"key": "a", "value": "1"}
    ),
    "findings": Route(
        f"{PLAN}findings/",
        get=READ,
        post=holders(302, *TICK),
        send={"new-title": "Disk is slow", "new-severity": "low"},
    ),
    "findings-trail": Route(f"{PLAN}findings/trail.csv", get=READ),
    "finding-state": Route(
        f"{PLAN}findings/1/state",
        get=LED,
        post=holders(302, *SIGN),
        send={"state": "fixed", "revision": "0"},
    ),
    "finding-edit": Route(
        f"{PLAN}findings/1/edit",
        get=LED,
        post=holders(302, *SIGN),
        send={"edit-title": "Disk", "edit-severity": "low", "edit-revision": "0"},
    ),
    "finding-retest": Route(
        f"{PLAN}findings/2/retest",
        get=LED,
        post=holders(302, *SIGN),
        send={"retest-note": "Seen", "retest-revision": "0"},
    ),
    "dryruns": Route(
        f"{PLAN}dryruns/", get=READ, post=holders(302, *TICK), send={"new-title": "Health"}
    ),
    "dryrun-results": Route(
        f"{PLAN}dryruns/1/results", get=LED, post=holders(302, *TICK), send={"word": "pass"}
    ),
    "dryrun-judge": Route(
        f"{PLAN}dryruns/1/judge",
        get=LED,
        post=holders(302, "thon", "hudson"),  # nobody accepts what they recorded
        send={
            "judge-accepted": "yes",
            "judge-reason": "Known, see item 4.",
            "judge-result": "{dry}",
        },
    ),
    "dryrun-edit": Route(
        f"{PLAN}dryruns/1/edit",
        get=LED,
        post=holders(302, *EDIT),
        send={"edit-title": "Health", "edit-revision": "0"},
    ),
    "dryrun-remove": Route(
        f"{PLAN}dryruns/1/remove", get=LED, post=holders(302, *EDIT), send={"remove-reason": "Gone"}
    ),
    "result": Route(f"{PLAN}evidence/1/", get=READ),
    "result-file": Route(f"{PLAN}evidence/1/files/junit.xml", get=READ),
    "frozen-evidence": Route(f"{PLAN}gates/gate-0/evidence/{{decision}}.json", get=READ),
    "risks": Route(f"{PLAN}risks/", get=READ),
    "risk-add": Route(
        f"{PLAN}risks/add",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"title": "Fire"} | lines("criteria"),
    ),
    "risk-edit": Route(
        f"{PLAN}risks/1/edit",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"title": "Flood"} | lines("criteria"),
    ),
    "risk-state": Route(
        f"{PLAN}risks/1/state", get=LED, post=holders(302, *EDIT), send={"state": "watched"}
    ),
    "risk-remove": Route(
        f"{PLAN}risks/1/remove", get=LED, post=holders(302, *EDIT), send={"remove-reason": "Twice."}
    ),
    "scenario-add": Route(
        f"{PLAN}scenarios/add",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"title": "Fire"},
    ),
    "scenario-edit": Route(
        f"{PLAN}scenarios/1/edit",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"title": "Flood"},
    ),
    "scenario-start": Route(f"{PLAN}scenarios/1/start", get=LED, post=holders(302, *TICK)),
    "scenario-clear": Route(
        f"{PLAN}scenarios/1/clear",
        get=holders(200, *TICK),
        post=holders(302, *TICK),
        send={"reason": "Over."},
    ),
    "scenario-arm": Route(f"{PLAN}scenarios/1/arm", get=LED, post=holders(302, *TICK)),
    "scenario-remove": Route(
        f"{PLAN}scenarios/1/remove",
        get=LED,
        post=holders(302, *EDIT),
        send={"remove-reason": "Twice."},
    ),
    "rollback-run": Route(f"{PLAN}rollback/1/", get=READ),
    "run-step": Route(f"{PLAN}rollback/1/steps/1", get=LED, post=holders(302, *TICK)),
    "run-note": Route(
        f"{PLAN}rollback/1/note",
        get=LED,
        post=holders(302, *TICK),
        send={"position": "1", "state": "failed", "note": "Stuck."},
    ),
    "run-command": Route(f"{PLAN}rollback/1/command", get=LED, post=holders(302, *TICK)),
    "run-finish": Route(
        f"{PLAN}rollback/1/finish",
        get=LED,
        post=holders(302, *TICK),
        send={"outcome": "failed", "saw": "Stuck."},
    ),
    "run-false": Route(
        f"{PLAN}rollback/2/false",
        get=LED,
        post=holders(302, "cora", "thon", "hudson", "root"),
        send={"false-reason": "Counted twice."},
    ),
    "run-redeployed": Route(f"{PLAN}rollback/2/redeployed", get=LED, post=holders(302, *RUN)),
    "recovery": Route(f"{PLAN}rollout/recovery/", get=READ),
    "recovery-drill": Route(
        f"{PLAN}rollout/recovery/drill",
        get=holders(200, *TICK),
        post=holders(302, *TICK),
        send={"place": "staging"},
    ),
    "recovery-past": Route(
        f"{PLAN}rollout/recovery/drill/flag",
        get=LED,
        post=holders(302, *TICK),
        send={"place": "staging", "started_at": "2025-01-02 10:00", "took_0": "1:00"},
    ),
    "procedures-md": Route(f"{PLAN}rollout/recovery/procedures.md", get=READ),
    "procedure-add": Route(
        f"{PLAN}rollout/recovery/procedures/add",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"name": "Restore"} | lines("steps"),
    ),
    "procedure-edit": Route(
        f"{PLAN}rollout/recovery/procedures/flag/",
        get=holders(200, *EDIT),
        post=holders(302, *EDIT),
        send={"name": "Flag off"} | lines("steps"),
    ),
    "procedure-retire": Route(
        f"{PLAN}rollout/recovery/procedures/flag/retire",
        get=LED,
        post=holders(302, *EDIT),
        send={"retire-reason": "Not used."},
    ),
    "recovery-backup": Route(
        f"{PLAN}rollout/recovery/backups/add",
        get=holders(200, *TICK),
        post=holders(302, *TICK),
        send={"metadata": '{{"name": "weekly"}}'},
    ),
    "backup": Route(f"{PLAN}rollout/recovery/backups/nightly/", get=READ),
    "backup-verify": Route(
        f"{PLAN}rollout/recovery/backups/nightly/verify",
        get=LED,
        post=holders(302, *TICK),
        send={"sha256": "a" * 64},
    ),
    "backup-restored": Route(
        f"{PLAN}rollout/recovery/backups/nightly/restored",
        get=LED,
        post=holders(302, *TICK),
        send={"run": "{run}"},
    ),
    "backup-retire": Route(
        f"{PLAN}rollout/recovery/backups/nightly/retire",
        get=LED,
        post=holders(302, *TICK),
        send={"retire-reason": "Thinned out."},
    ),
}


def routes(patterns=None, prefix="", space=""):
    """Every route as (name, pattern), those apart that have a table of their own."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name or path}", path
        elif entry.namespace not in OWN_TABLES:
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from routes(entry.url_patterns, path, inner)


@pytest.fixture
def release(plan, cast, item, gate):
    """A release in which every route finds its object; gives the numbers that stand in paths."""
    roles = {role.key: role for role in Role.objects.filter(plan=plan)}
    PrometheusQuery.objects.create(
        plan=plan, key="latency", name="Latency", promql="latency",
        source=PrometheusSource.objects.create(plan=plan),
    )  # fmt: skip
    Guardrail.objects.create(plan=plan, key="drift", name="Drift", kind="drift", window_s=60)
    HealthCheck.objects.create(
        plan=plan, key="home", name="Home", position=1, url="https://a.example/"
    )
    stage = Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, state="running",
        cadence=[{"every_s": 900}],
    )  # fmt: skip
    now = timezone.now()
    watched = WatchRound.objects.create(plan=plan, stage=stage, number=1, began_at=now, due_at=now)
    DeploymentPlan.objects.filter(pk=plan.pk).update(status_public=True)
    plan.phases.create(number=2, title="Later")
    Criterion.objects.create(gate=gate, key="team", position=1, label="Team ready")
    plan.readiness.create(key="security", label="Security", weight=100, position=1)
    cast_vote(
        gate, roles["security-lead"], "go", by=cast["hudson"], conditions=[Wanted("Limits re-read")]
    )
    asked_to_vote = delegate_vote(
        gate, roles["on-call"], cast["vera"], "Away.", by=cast["cora"], agreed="Vera votes."
    )
    signed = sign_off(plan, item.phase, roles["security-lead"], "approved", by=cast["hudson"])
    decided = plan.gates.create(key="gate-0", number=0, title="0 to 5 %")
    decision = decide_gate(decided, "hold", by=cast["cora"])
    plan.success_criteria.create(key="calm", text="Calm")
    plan.daily_forms.create(
        key="evening",
        title="Evening",
        at_time=time(18),
        first_day=date(2025, 10, 20),
        questions=[{"key": "mood", "label": "Mood", "kind": "text", "wanted": True}],
    )
    plan.risks.create(number=1, title="Water")
    with change(plan, by=RULE) as calling:
        open_escalation(calling, "drift", "5 % wanted, 0 % seen.")
    peak = add_profile(plan, {"name": "Peak", "p95_ms": 500}, by=cast["cora"])
    finish_run(peak, {"p95": 612}, by=cast["cora"])
    plan.scenarios.create(number=1, title="The power is off", items=["Light a candle"])
    ran = way_back(plan, cast)
    group = item.phase.groups.create(title="If needed", position=1, optional=True)
    file = attach_file(item, "panel.png", b"\x89PNG\r\n\x1a\n", by=cast["cora"])
    tests = b'<testsuite name="a" tests="1"><testcase name="b" classname="c"/></testsuite>'
    record_result(plan, read_result(tests, "junit.xml"), tests, "junit.xml", by=cast["cora"])
    add_finding(plan, {"title": "Disk is slow", "severity": "low"}, by=cast["cora"])
    grave = add_finding(plan, {"title": "Open door", "severity": "high"}, by=cast["cora"])
    type(grave).objects.filter(pk=grave.pk).update(state="fixed")
    dry = add_dry_run(plan, {"title": "Health"}, by=cast["cora"])
    warned = record_dry_run(dry, "warn", by=cast["cora"])
    make_template(plan, "Ours", by=cast["cora"])
    hook, _ = add_hook(plan, {"name": "Day", "kind": "grafana"}, by=cast["cora"])
    now = datetime.now(UTC)
    fired = hook.alerts.create(
        plan=plan, fingerprint="a", name="Hot", started_at=now, received_at=now, heard_at=now
    )
    seat, starts = Seat.objects.get(user=cast["thon"]), datetime(2100, 1, 1, tzinfo=UTC)
    stand_in = hand_over(seat, cast["vera"], starts, starts + timedelta(days=1), by=cast["cora"])
    asked = invite(plan, roles["on-call"], name="Rin", by=cast["cora"])
    reader = Subscriber.objects.create(
        plan=plan, email="reader@example.org", nonce="0" * 16, asked_at=now
    )
    asking = Message(key=f"{ASKED}:{reader.pk}:{reader.nonce}")
    return {
        "confirming": confirm_address(asking).rstrip("/").rpartition("/")[2],
        "leaving": leave_address(Message(key=f"{TOLD}:1:{reader.pk}")).split("/")[-2],
        "wall": make_wall_link(plan, "Room 1", by=cast["cora"])[0].pk,
        "signoff": signed.pk,
        "votes": ",".join(f"v{vote.pk}" for vote in gate.votes.all()),
        "decision": decision.pk,
        "delegation": asked_to_vote.pk,
        "stand_in": stand_in.pk,
        "invitation": asked.pk,
        "token": link_of(asked).rstrip("/").rpartition("/")[2],
        "roles": roles_state(roles.values()),
        "group": group.pk,
        "file": file.pk,
        "dry": warned.pk,
        "hook": hook.pk,
        "alert": fired.pk,
        "round": watched.pk,
        "run": ran,
        "baseline": plan.baselines.create(name="Errors").pk,
        "source": PrometheusSource.objects.get(plan=plan).pk,
    }


def way_back(plan, cast):
    """A procedure, a drill, a rollback and a backup; gives the drill's number in the table."""
    flag = save_procedure(plan, {"name": "Flag", "steps": [{"title": "Off"}]}, by=cast["cora"])
    register_backup(plan, {"name": "nightly"}, by=cast["cora"])
    with change(plan, by=RULE) as starting:
        said = {"cause": "person", "reason": "Errors", "from_percent": 5, "to_percent": 0}
        drill = begin_run(starting, procedure=flag, drill=True, by_name="Cora", **said)
        begin_run(starting, procedure=flag, by_name="Cora", **said)
    return drill.pk


@pytest.fixture
def clients(cast, client_of):
    return {name: client_of(person) for name, person in cast.items()} | {"nobody": Client()}


def ask(client, method, route, ids):
    """One request whose effects are undone, so that each starts from the same release."""
    undo, cookies = transaction.savepoint(), client.cookies.output()
    try:
        sent = route.send if method == "POST" else {}
        send = {name: value.format(**ids) for name, value in sent.items()}
        path = route.path.format(**ids)
        return client.generic(method, path) if not send else client.post(path, send)
    finally:
        client.after = rows()
        transaction.savepoint_rollback(undo)
        client.cookies.clear()
        client.cookies.load(cookies.replace("Set-Cookie: ", ""))


def rows():
    """How many rows each of our tables has, in one statement."""
    tables = [
        model._meta.db_table
        for label in ("warroom", "checklists", "rollouts")
        for model in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {one})" for one in tables))
        return dict(zip(tables, cursor.fetchone(), strict=True))


def test_every_route_is_in_the_table():
    unknown = [f"{name} ({path})" for name, path in routes() if name not in ROUTES]
    assert not unknown, "Say in ROUTES who may do what there"
    gone = set(ROUTES) - {name for name, _ in routes()}
    assert not gone, "ROUTES names routes that are no more"


def test_who_loads_the_address_of_a_form_anew_is_led_to_the_page_that_it_stands_on(
    release, clients
):
    """After a refusal the page stands at the address of its form: a reload, a copied address."""
    lost = []
    for name, route in ROUTES.items():
        if route.get is LED:
            answer = clients["cora"].get(route.path.format(**release))
            page = clients["cora"].get(answer["Location"], follow=True)
            if page.status_code != 200 or "Allow" in page:
                lost.append(f"{name}: {answer['Location']} is {page.status_code}")
    assert not lost
    chosen = clients["cora"].get(f"{PLAN}findings/1/state?state=open")
    assert chosen["Location"] == f"{PLAN}findings/?finding=1&state=open#finding"


def test_where_nothing_can_be_read_a_page_of_ours_says_so(client):
    answer = client.get("/theme/", headers={"Accept": "text/html"})
    assert answer.status_code == 405 and answer["Allow"] == "POST"
    assert "Nothing to read at this address" in answer.text


def may_write(route, method, person):
    """Whether a request is let in, and is not one that only reads."""
    let_in = route.expected(method, person) < 400 and (person != "nobody" or route.open)
    return let_in and method not in READING


def asked_of(route, method):
    """Everybody; of HEAD, which is answered as GET is, one for each answer that GET has."""
    if method != "HEAD":
        return EVERYBODY
    return {route.expected(method, person): person for person in EVERYBODY}.values()


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_gets_what_the_table_says_by_every_method(release, clients, part):
    """Also that reading, and whatever is refused, writes nothing."""
    before, surprises = rows(), []
    for route, method in product(list(ROUTES.values())[part::PARTS], METHODS):
        for person in asked_of(route, method):
            status = ask(clients[person], method, route, release).status_code
            asked, expected = f"{method} {route.path} as {person}", route.expected(method, person)
            if status != expected:
                surprises.append(f"{asked}: {status}, not {expected}")
            if not may_write(route, method, person) and clients[person].after != before:
                surprises.append(f"{asked} wrote something")
    assert not surprises


def test_every_page_that_hides_controls_says_what_its_reader_may_do(release, clients):
    """What is for holders of a right is hidden from all where the body names no rights."""
    mute = []
    for name, route in ROUTES.items():
        if not route.get or route.get.get("cora") != 200:
            continue
        answer = clients["cora"].get(route.path.format(**release))
        html = answer.text if answer["Content-Type"].startswith("text/html") else ""
        if 'data-needs="' in html and "<body " in html:
            body = html.partition("<body ")[2].partition(">")[0]
            rights = body.partition('data-roles="')[2].partition('"')[0].split()
            if "edit" not in rights:
                mute.append(name)
    assert not mute
    assert 'data-roles="' in clients["cora"].get(f"{PLAN}import").text


@pytest.mark.parametrize("path", ["", "warroom/user/", "warroom/timelineevent/"])
def test_the_administrators_pages_are_for_administrators(release, clients, path):
    for name, client in clients.items():
        expected = 200 if name == "root" else 302
        assert client.get(f"/admin/{path}").status_code == expected, name


def test_a_form_from_another_place_is_refused(release, cast):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(cast["cora"], backend="django.contrib.auth.backends.ModelBackend")
    before = rows()
    for name, route in ROUTES.items():
        if route.post is None or name == "status-leave":  # a mail program's: its link is the right
            continue
        path = route.path.format(**release)
        answer = careful.post(path, route.send, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403, name
        assert rows() == before
