"""Scenario 56: what somebody wants executed comes out as text, everywhere an import shows it."""

from html.parser import HTMLParser
from itertools import product

import pytest
from django.urls import reverse

from tests.conftest import make_user
from warroom.actions.imports import import_plan
from warroom.models import DeploymentPlan

pytestmark = pytest.mark.django_db
# In every payload; a key or an address made of words loses the $, so what keeps it is raw.
MARK = "xq$z"

_CALLS = (f"{MARK}()", f"alert(`{MARK}`)", f"fetch('//{MARK}.example')", f"top.{MARK}=1")
_ELEMENTS = (
    "<script>{}</script>",
    "<ScRiPt >{}</sCrIpT>",
    "<script\n>{}</script\n>",
    "</textarea><script>{}</script>",
    "</title><script>{}</script>",
    "</option></select><script>{}</script>",
    "--><script>{}</script><!--",
    "]]><script>{}</script>",
    "<img src=x onerror={}>",
    "<img src=x onerror='{}'//",
    '"><img src=x onerror="{}">',
    "'><svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<math><mtext><style><img src=x onerror={}></style>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<iframe src=javascript:{}></iframe>",
    "<object data=javascript:{}></object>",
    "<embed src=javascript:{}>",
    "<form action=javascript:{}><button>x</button></form>",
    "<button formaction=javascript:{}>x</button>",
    "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>",
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<body onload={}>",
    "<link rel=stylesheet href=//xq$z.example onload={}>",
    "<base href=//xq$z.example/{}>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<a href=javascript:{}>x</a>",
    "<a href='java\tscript:{}'>x</a>",
    "<a href=&#106;avascript:{}>x</a>",
    "[x](javascript:{})",
    "[x](data:text/html,<script>{}</script>)",
    "![x](javascript:{})",
    "<javascript:{}>",
    "https://xq$z.example/'onmouseover='{}",
    'https://xq$z.example/"onmouseover="{}',
    "<div hx-get=//xq$z.example hx-trigger=load hx-vals='js:{}'>",
    '" hx-on:click="{}',
    "' hx-post='//xq$z.example' hx-trigger='load' x='{}",
    "<div data-live=say id=say>{}</div>",
    "<style>*{{background:url(//xq$z.example/{})}}</style>",
    '" style="background:url(//xq$z.example/{})',
    "{{% debug %}}{}",
    "{{{{ settings.SECRET_KEY }}}} {}",
    "${{{{<%[%'\"}}}}%\\ {}",
    "\u202e<script>{}</script>",
    "\uff1cscript\uff1e{}\uff1c/script\uff1e",
    "<\u200bscript>{}</script>",
)
PAYLOADS = [f"{shape.format(call)} {MARK}" for shape, call in product(_ELEMENTS, _CALLS)]


def document(payloads):
    """One payload in every place that a reader looks at."""
    one = [" ".join(payload.split("\n")) for payload in payloads]
    cell = [payload.replace("|", "¦") for payload in one]
    text = [f"# {one[0]}", "", f"**Version:** {one[1]}", f"**{one[2][:50]}:** {one[3]}", ""]
    text += [f"**Prepared by:** {one[0]}", "**Go-Live:** 2030-01-02 09:00 CET", ""]
    text += [f"## {one[1]}", "", f"- [ ] {one[2]}", f"  - Owner: {one[3]}", f"  - Value: {one[0]}"]
    text += [f"  - Command: {one[1]}", f"  - Evidence: {one[2]}", f"  - [x] {one[3]} @{one[0]}", ""]
    text += [f"**{one[0]}**", "", f"- {one[1]}", f"1. {one[2]}", ""]
    text += [f"[ ] {one[3]}", f"☐ {one[0]}"]
    text += ["", "```markdown", f"- [ ] {one[1]}", f"{one[2]}: ____", "```", "", "### Tasks", ""]
    text += [
        "| Task | Status | Owner | Due |",
        "|-|-|-|-|",
        f"| {cell[0]} | ✅ | {cell[1]} | x |",
        "",
    ]
    text += ["## Exit criteria", "", f"- {one[2]} < 1 %", f"- {one[3]}: TBD", "", "## Criteria", ""]
    text += ["| Metric | Target | Fail |", "|-|-|-|", f"| {cell[0]} | < 1 % | > 2 {cell[1][:10]} |"]
    text += ["", "| Category | Weight |", "|-|-|", f"| {cell[2]} | 60 % |", "| b | 60 % |", ""]
    text += ["## Risks", "", "| Risk | Likelihood | Impact | Mitigation | Owner |", "|-|-|-|-|-|"]
    text += [
        f"| {cell[0]} | {cell[1]} | {cell[2]} | {cell[3]} | {cell[0]} |",
        "",
        "## Contacts",
        "",
    ]
    text += ["| Role | Name | Email | Phone |", "|-|-|-|-|"]
    text += [f"| {cell[0]} | {cell[1]} | {cell[2]} | {cell[3]} |", "", "**Escalation:**"]
    text += [f"- Level 1: {one[0]} (0-15 min)", "", f"## {one[1]} rate", "", "```promql"]
    text += [f'rate(a{{b="{MARK}"}}[5m])', "```", "", f"- Red: > 1 {one[2]}", ""]
    text += [f"- 0% → 5% rollout {one[3]}", "", f"## Sign-off {one[0]}", ""]
    text += [f"- [ ] **{one[1]} Lead**: ____", f"- [ ] On-Call: {one[2]}", f"QA Lead {one[3]} ____"]
    return "\n".join(text) + "\n"


class Elements(HTMLParser):
    """Everything of a page that a browser acts on: names of elements, attributes, their values.

    Values of fields are text that a person typed; a title is read out and never run.
    """

    TYPED = frozenset(
        {"value", "aria-label", "title", "alt", "content", "data-title", "data-value", "datetime"}
    )

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.inside = ""

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        for name, value in attributes:
            typed = name in self.TYPED and not name.startswith(("on", "hx-"))
            self.found.append(f"{tag} {name} {'' if typed else value}")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside in ("script", "style"):
            self.found.append(data)

    def handle_comment(self, data):
        self.found.append(data)

    def handle_decl(self, decl):
        self.found.append(decl)


def harm_in(page):
    parser = Elements()
    parser.feed(page)
    parser.close()
    return [one for one in parser.found if MARK in one and not _is_a_plain_link(one)]


def _is_a_plain_link(found):
    """An address of the web that somebody wrote is a link to it, and nothing else."""
    start = "a href https://xq$z.example/"
    return found.startswith(start) and not set(found[len(start) :]) & set(" \"'<>`")


def test_there_are_two_hundred_payloads_and_the_measure_sees_them():
    assert len(set(PAYLOADS)) == 200
    seen = sum(bool(harm_in(payload)) for payload in PAYLOADS)
    assert seen > 120, "most of them are harm when nothing escapes them"


@pytest.mark.parametrize("part", range(10))
def test_no_payload_is_more_than_text_in_the_preview_and_after_it(part, client_of):
    """Four payloads at a time stand in every field of a document; nothing of them is markup."""
    cora = make_user("cora")
    client = client_of(cora)
    for place in range(part * 20, part * 20 + 20, 4):
        text = document(PAYLOADS[place : place + 4])
        values = {"text": text, "source_name": PAYLOADS[place], "bulk": "all:item"}
        preview = client.post(reverse("import"), values)
        assert preview.status_code == 200
        assert MARK in preview.content.decode()
        assert harm_in(preview.content.decode()) == []
        plan = import_plan(text, by=cora, slug=f"p{place}", source_name=PAYLOADS[place])
        if place % 20 == 0:
            assert_pages_are_harmless(client, plan)


def assert_pages_are_harmless(client, plan):
    assert plan.items.exists() and plan.gates.exists()
    pages = [reverse(name, args=[plan.slug]) for name in ("room", "checklist", "timeline")]
    pages += [reverse(name, args=[plan.slug]) for name in ("settings", "people", "status-updates")]
    pages += [
        reverse("plans"),
        reverse("import"),
        reverse("gate", args=[plan.slug, plan.gates.first().key]),
    ]
    for page in pages:
        answer = client.get(page, follow=True)
        assert answer.status_code == 200, page
        assert harm_in(answer.content.decode()) == [], page


def test_a_refusal_repeats_no_payload_as_markup(client_of):
    client = client_of(make_user("cora"))
    for payload in PAYLOADS[::8]:
        bad = client.post(reverse("import"), {"text": "a", "choices": payload, "into": payload})
        assert bad.status_code == 422
        assert harm_in(bad.content.decode()) == []
    assert not DeploymentPlan.objects.exists()
