"""Scenario 56: what people type into an item is shown as text on every page that shows it."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from checklists.actions.items import add_item_note, set_item_state
from checklists.models import PhaseGroup
from tests.conftest import make_item

pytestmark = pytest.mark.django_db
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><b hx-get=/sign-out/ hx-trigger=load>",
    "</textarea><script>alert(1)</script>",
    "</title><iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    'https://x.example/"onmouseover=alert(1)//',
    "[a](javascript:alert(1)) www.x.example/<script>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "{{ 7|add:7 }}{% debug %}",
    "<style>*{display:none}</style>",
    "<form action=https://evil.example><button>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content=0>",
    "\u202etxt.exe <math><mi xlink:href=javascript:alert(1)>",
]
OURS = ("/", "#", "?", "http://", "https://", "data:image")


class Findings(HTMLParser):
    """What a browser would run, or follow, that is none of ours."""

    def __init__(self):
        super().__init__()
        self.wrong = []

    def handle_starttag(self, tag, attrs):
        if tag in ("iframe", "base", "math", "object", "embed"):
            self.wrong.append(tag)
        if tag in ("script", "style") and "src" not in dict(attrs) and "nonce" not in dict(attrs):
            self.wrong.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (name.startswith("hx-") and "sign-out" in (value or "")):
                self.wrong.append(f"{tag} {name}")
            leads = name in ("href", "src", "action", "formaction") and value
            if leads and not value.startswith(OURS):
                self.wrong.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_in_every_field_runs_nowhere(plan, phase, cast, roles, client_of, payload):
    group = PhaseGroup.objects.create(phase=phase, title=payload, position=1, optional=True)
    group.off_reason, group.off_by_name, group.off_at = payload, payload, timezone.now()
    group.save()
    item = make_item(
        phase,
        1,
        payload,
        group=group,
        owner=payload[:120],
        command=payload,
        expected=payload,
        target=payload[:120],
        evidence_url=payload,
        count_of=3,
        count_unit=payload[:40],
        required=False,
        added_at=timezone.now(),
    )
    add_item_note(item, payload, by=cast["forge"])
    set_item_state(item, "blocked", by=cast["cora"], reason=payload, value=payload[:120])
    cora = client_of(cast["cora"])
    for path in ("checklist/?phase=1", "checklist/?phase=all", "items/1/", ""):
        page = cora.get(f"/plans/{plan.slug}/{path}").content.decode()
        findings = Findings()
        findings.feed(page)
        assert not findings.wrong, path
        # Tokens are random and may hold any figures.
        assert "1414" not in re.sub(r"[\w-]{22,}", "", page)
