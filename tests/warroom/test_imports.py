"""Import: page, command, what is created, all in one transaction. S1 S20 S44 S124, scenario 63."""

import json
import random
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.urls import reverse

from checklists.models import ChecklistItem, Criterion, Gate, Phase, PhaseGroup, Risk
from rollouts.models import PrometheusQuery, PrometheusSource, Stage
from tests.conftest import make_user
from warroom.actions.imports import SlugTaken, import_plan
from warroom.actions.refusals import Invalid
from warroom.documents.readers import Reader, register
from warroom.documents.reading import understand
from warroom.documents.source import DocumentError
from warroom.models import (
    DeploymentPlan,
    EscalationContact,
    EscalationLevel,
    Role,
    TimelineEvent,
)
from warroom.queries.people import standing
from warroom.queries.timeline import first_broken

pytestmark = pytest.mark.django_db

PLAN = """\
# Checkout 4.2

**Date:** 2026-03-02
**Version:** 4.2.0
**Environment:** production
**Go-Live:** 2026-03-04 09:00 CET

Rollout: 0% → 10% → 100%

## Before (T-2 hours)

### Code ✓
- [x] Tests green: 98.28% (1,026/1,044)
- [ ] Notify the desk @hudson
  - [ ] Write the mail
  - Command: `make notify`

## Data (If Needed)

- [ ] Migrate

## Go/No-Go

| Metric | Target (Green) | Acceptable | Fail (Red) |
|--------|------|-----|------|
| Error Rate | < 0.1% | 0.1% - 1% | > 1% |
| Mood | calm | | panic |
| P95 | < 200ms | | > 500ms |

## Error rate

```promql
sum(rate(errors_total[5m]))
```
- Green: < 0.1%
- Red: > 1%

## Risks

| Risk | Likelihood | Impact |
|------|------------|--------|
| Disk full | Low | Stop |

## Sign-Off

### Technical Lead Sign-Off
- Name: ________
- Date: ________

### Product Owner Sign-Off
- Name: ________
- Date: ________

## Contacts

| Role | Name | Email | Level |
|------|------|-------|-------|
| On-Call | Thon | thon@example.org | 1 |

**Escalation:**
- Level 1: Team (0-15 min)
- Level 2: Heads (15-30 min)
"""


@pytest.fixture
def cora(db):
    return make_user("cora")


@pytest.fixture
def plan(cora):
    return import_plan(PLAN, by=cora)


def rows(model, **filters):
    return list(model.objects.filter(**filters))


def test_an_import_makes_every_row_that_was_understood(plan):
    assert (plan.slug, plan.version, plan.environment) == ("checkout-42", "4.2.0", "production")
    assert plan.t0 == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert plan.time_zone == "Europe/Berlin"
    assert [p.title for p in rows(Phase, plan=plan)] == ["Before (T-2 hours)", "Data (If Needed)"]
    assert [p.required for p in rows(Phase, plan=plan)] == [True, False]
    assert PhaseGroup.objects.get(phase__plan=plan).title == "Code"
    assert [s.to_percent for s in rows(Stage, plan=plan)] == [10, 100]
    assert rows(Risk, plan=plan)[0].title == "Disk full"


def test_items_keep_state_parent_value_and_due_time(plan):
    tests, notify, mail, migrate = rows(ChecklistItem, plan=plan)
    assert (tests.state, tests.value, tests.state_by_name) == (
        "done",
        "98.28% (1,026/1,044)",
        "the document",
    )
    assert (notify.owner, notify.command, notify.due_offset_s) == ("@hudson", "make notify", -7200)
    assert (mail.parent, mail.ref, mail.number) == (notify, "1.2.1", 3)
    assert not migrate.required


def test_a_gate_gets_its_criteria_and_a_query_its_bands(plan):
    gate = Gate.objects.get(plan=plan)
    error, mood, p95 = rows(Criterion, gate=gate)
    assert gate.decider.name == "Technical Lead"
    assert (error.green_op, error.green_value, error.red_value) == ("<", 0.1, 1)
    assert (mood.evidence_key, mood.green_value) == ("", None)
    assert (p95.key, p95.evidence_key, p95.unit) == ("p95", "", "ms")
    assert error.evidence_key == "error-rate"
    query = PrometheusQuery.objects.get(plan=plan)
    assert (query.green_op, query.green_value, query.red_op) == ("<", 0.1, ">")
    assert query.source == PrometheusSource.objects.get(plan=plan)


def test_roles_get_their_rights_and_the_author_a_seat_that_may_edit(plan, cora):
    rights = {role.name: set(role.rights) for role in rows(Role, plan=plan)}
    assert rights["Technical Lead"] == {"tick", "sign", "vote", "decide", "edit", "run", "skip"}
    assert rights["Product Owner"] == {"tick", "sign", "vote"}
    assert rights["Member"] == {"tick"}
    assert standing(cora, plan).rights == {"edit", "tick"}
    assert Role.objects.get(plan=plan, key="on-call").holder == "Thon"


def test_contacts_stand_on_their_level(plan):
    level = EscalationLevel.objects.get(plan=plan, number=1)
    assert (level.name, level.from_minute, level.to_minute) == ("Team", 0, 15)
    assert EscalationContact.objects.get(plan=plan).level == level


def test_an_import_is_one_event_with_counts_findings_and_hash(plan, cora):
    (event,) = rows(TimelineEvent, plan=plan)
    assert (event.kind, event.actor) == ("plan.imported", cora)
    assert event.data["counts"]["items"] == 4
    assert event.data["sha256"] == plan.source_sha256
    assert {finding["code"] for finding in event.data["findings"]} >= {"heading_tick"}
    assert first_broken(plan) is None


def test_a_second_import_at_one_address_is_refused_in_words(plan, cora):
    with pytest.raises(SlugTaken, match="/plans/checkout-42/"):
        import_plan(PLAN, by=cora)
    assert DeploymentPlan.objects.count() == 1


@pytest.mark.parametrize("slug", ["import", "new", "Über", "a b", "x" * 81])
def test_an_address_that_cannot_be_is_refused(slug, cora):
    with pytest.raises(Invalid):
        import_plan(PLAN, by=cora, slug=slug)
    assert not DeploymentPlan.objects.exists()


def test_a_t0_that_cannot_be_meant_is_refused(cora):
    with pytest.raises(Invalid, match="year 1"):
        import_plan(PLAN, by=cora, t0=datetime(1, 1, 1, tzinfo=UTC))


def test_an_items_owner_is_found_among_the_roles(cora):
    text = PLAN.replace("@hudson", "@thon")
    notify = import_plan(text, by=cora).items.get(text__startswith="Notify")
    assert notify.role.key == "on-call"


def test_a_title_without_latin_letters_gets_an_address_all_the_same(cora):
    plan = import_plan("# 部署檢查清單\n\n- [ ] 一\n", by=cora)
    assert plan.slug.startswith("plan-")


def test_what_fails_in_the_middle_leaves_nothing(cora, monkeypatch):
    class Broken(Reader):
        name, order = "broken", 999

        def create(self, plan, understanding, creation):
            raise IntegrityError("planted")

    monkeypatch.setattr("warroom.documents.readers._readers", {})
    register(Broken())
    with pytest.raises((IntegrityError, KeyError)):
        import_plan(PLAN, by=cora)
    assert not DeploymentPlan.objects.exists()


def test_people_can_be_seated_with_the_import(cora):
    hudson = make_user("hudson")
    plan = import_plan(PLAN, by=cora, seats={"product-owner": hudson})
    assert standing(hudson, plan).may("sign")


def test_an_import_takes_few_statements_whatever_its_length(cora, django_assert_max_num_queries):
    long = "# Long\n\n" + "\n".join(f"## Part {n}\n- [ ] a\n  - [ ] b\n" for n in range(40))
    with django_assert_max_num_queries(40):
        assert import_plan(long, by=cora).items.count() == 80


PIECES = [
    *PLAN.split("\n"),
    "## " + "x" * 400,
    "- [ ] " + "y" * 3000,
    "| " + "z" * 400 + " | < 5% | > 9% | 0 |",
    "0.5% → 5% → 25% rollout, 3-day soak",
    "#### Risk 7: " + "w" * 500,
    "- [ ] **QA Lead**: ____",
    "☐ drawn",
    "T-24",
    "```",
    "<!--",
]


@pytest.mark.parametrize("seed", range(12))
def test_any_shuffle_of_lines_becomes_a_room(seed):
    lines = random.Random(seed).choices(PIECES, k=90)
    plan = import_plan("\n".join(lines), by="test", slug=f"shuffled-{seed}")
    assert first_broken(plan) is None


# --- the page ------------------------------------------------------------------------------


def post(client, **values):
    return client.post(reverse("import"), values)


def test_the_page_shows_every_line_before_anything_is_created(cora, client_of):
    answer = post(client_of(cora), text=PLAN)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert not DeploymentPlan.objects.exists()
    assert "Create release with 4 items" in html
    for words in (
        "Item 1.1, ticked",
        "Sign-off role: Technical Lead",
        "Query: Error rate",
        "Stage 1",
    ):
        assert words in html
    assert html.count('class="ln"') == len([line for line in PLAN.split("\n") if line.strip()])


def test_an_uploaded_file_is_read_like_a_pasted_text(cora, client_of):
    file = SimpleUploadedFile("plan.md", b"\xef\xbb\xbf" + PLAN.replace("\n", "\r\n").encode())
    html = post(client_of(cora), file=file).content.decode()
    assert "Create release with 4 items" in html
    assert "byte order mark" in html
    assert 'value="plan.md"' in html


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"PK\x03\x04zip", "Line 1."),
        (b"a\nb\n\0c", "Line 3."),
        (b"a\n\xff", "Line 2."),
        (b"x\n" * 600_000, "Line 524289."),
    ],
)
def test_a_broken_file_gets_an_answer_that_names_the_line(cora, client_of, data, line):
    answer = post(client_of(cora), file=SimpleUploadedFile("plan.md", data))
    assert answer.status_code == 422
    assert line in answer.content.decode()
    assert not DeploymentPlan.objects.exists()


def test_a_text_beyond_every_limit_is_refused_in_words(cora, client_of):
    answer = post(client_of(cora), text="x" * 5_000_000)
    assert answer.status_code == 413
    assert "a document may have 1 MB" in answer.content.decode()


def test_a_refused_text_stays_in_the_form(cora, client_of):
    answer = post(client_of(cora), text="kept words\nbroken \0 here")
    assert answer.status_code == 422
    assert "Line 2." in answer.content.decode()
    assert "kept words" in answer.content.decode()


def test_nothing_at_all_is_said_to_be_nothing(cora, client_of):
    answer = post(client_of(cora), text="  ")
    assert answer.status_code == 422
    assert "paste a text or choose a file" in answer.content.decode()


@pytest.mark.parametrize(("show", "least", "most"), [("warn", 1, 10), ("notes", 1, 10)])
def test_the_lines_can_be_narrowed_and_nothing_typed_is_lost(cora, client_of, show, least, most):
    html = post(client_of(cora), text=PLAN, show=show, name="My name").content.decode()
    assert least <= html.count('class="ln"') <= most
    assert 'value="My name"' in html


def created(client, **values):
    base = {"create": "1", "name": "Checkout", "slug": "checkout", "t0": "2026-03-05 10:00"}
    return post(client, **(base | {"text": PLAN, "seen": "on"} | values))


def test_create_makes_the_release_and_opens_its_room(cora, client_of):
    answer = created(client_of(cora), **{"seat_technical-lead": cora.pk}, source_name="plan.md")
    plan = DeploymentPlan.objects.get()
    assert answer["Location"] == plan.get_absolute_url()
    assert plan.t0 == datetime(2026, 3, 5, 10, tzinfo=UTC)
    assert (plan.author, plan.source_name) == (cora, "plan.md")
    assert standing(cora, plan).may("decide")
    assert client_of(cora).get(plan.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"seen": ""}, "Read the warnings"),
        ({"t0": "soon"}, "Enter a valid date/time"),
        ({"slug": "import"}, "page of its own"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_missing_is_said_and_the_text_kept(cora, client_of, values, says):
    answer = created(client_of(cora), **values)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Notify the desk" in answer.content.decode()
    assert not DeploymentPlan.objects.exists()


def test_the_page_wants_a_sign_in(client):
    assert client.get(reverse("import")).status_code == 302


# --- the command ---------------------------------------------------------------------------


def run(tmp_path, *arguments, text=PLAN):
    path = tmp_path / "plan.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    out = StringIO()
    call_command("import_plan", str(path), *arguments, stdout=out)
    return out.getvalue()


def test_the_command_imports_and_tells_the_address(tmp_path):
    assert "/plans/checkout-42/" in run(tmp_path)
    assert DeploymentPlan.objects.get().source_name == "plan.md"


def test_the_command_prints_what_was_understood_as_json(tmp_path):
    answer = json.loads(run(tmp_path, "--json", "--dry-run"))
    assert answer["understood"]["task_items"] == 4
    assert {"line", "severity", "code", "text"} == set(answer["findings"][0])
    assert not DeploymentPlan.objects.exists()


def test_the_command_takes_an_address_and_a_t0(tmp_path):
    run(tmp_path, "--slug", "mine", "--t0", "2026-04-01T10:00:00+02:00")
    assert DeploymentPlan.objects.get(slug="mine").t0 == datetime(2026, 4, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "text", "says"),
    [
        ([], b"a\n\0", "Line 2"),
        (["--t0", "soon"], PLAN, "--t0"),
        (["--t0", "2026-04-01T10:00:00"], PLAN, "time zone"),
        (["--slug", "import"], PLAN, "page of its own"),
        (["--by", "nobody"], PLAN, "nobody"),
        (["--format", "yaml"], PLAN, "YAML"),
    ],
)
def test_the_command_refuses_in_words_and_makes_nothing(tmp_path, arguments, text, says):
    with pytest.raises(CommandError, match=says):
        run(tmp_path, *arguments, text=text)
    assert not DeploymentPlan.objects.exists()


def test_a_document_error_names_the_line(cora):
    with pytest.raises(DocumentError, match="Line 2"):
        import_plan(b"a\n\xff", by=cora)


def long_plan(count: int) -> str:
    """Every kind of row that an import makes, ``count`` times."""
    kinds = (
        "## Escalation\n" + "".join(f"{n}. Team {n}\n" for n in range(count)),
        "## Contacts\n\n| Name | Role | Phone |\n|---|---|---|\n"
        + "".join(f"| Person {n} | Role {n} | +41 44 {n:07} |\n" for n in range(count)),
        "".join(
            f"## Phase {n}: part\n\n### Group {n}\n\n- [ ] step {n} @role-{n}\n  - [ ] below {n}\n"
            for n in range(count)
        ),
        "".join(
            f"## Gate {n}\n\n| Metric | Target |\n|---|---|\n| Rate {n} | < 1% |\n\n"
            for n in range(count)
        ),
        "## Rollout\n" + "".join(f"- Stage {n}: {n}% → {n + 1}% of traffic\n" for n in range(10)),
        "## Metrics\n\n```promql\n" + "".join(f"up{n}\n" for n in range(count)) + "```\n",
        "## Risks\n\n| Risk | Likelihood | Impact |\n|---|---|---|\n"
        + "".join(f"| Fire {n} | Low | High |\n" for n in range(count)),
    )
    return "# Long\n\n" + "\n".join(kinds)


def test_a_long_document_is_created_in_few_statements(django_assert_max_num_queries, cora):
    with django_assert_max_num_queries(50):
        import_plan(long_plan(10), by=cora, slug="small")
    # A statement takes only so many values on SQLite, so there are more of them: not one per row.
    with django_assert_max_num_queries(120):
        plan = import_plan(long_plan(500), by=cora, slug="large")
    assert (plan.items.count(), plan.phases.count()) == (1000, 500)
    assert Risk.objects.filter(plan=plan).count() == 500
    assert EscalationLevel.objects.filter(plan=plan).count() > 50
    assert EscalationContact.objects.filter(plan=plan).count() > 50
    assert Criterion.objects.filter(gate__plan=plan).count() > 20
    assert ChecklistItem.objects.get(plan=plan, number=1000).parent.number == 999


def test_the_preview_of_a_long_document_shows_its_lines_piece_by_piece(client, cora):
    client.force_login(cora)
    text = "# Long\n" + "".join(f"- [ ] step {n}\n" for n in range(4500))
    first = client.post(reverse("import"), {"text": text})
    page = first.content.decode()
    assert page.count('class="src"') == 2000
    assert "2000 of 4501 lines shown" in page
    assert "2501 more follow" in page
    assert "All 4501" in page
    assert "Create release with 4500 items" in page
    last = client.post(reverse("import"), {"text": text, "show": "all:4000"}).content.decode()
    assert last.count('class="src"') == 501
    assert "step 4499" in last
    assert "more follow" not in last


def test_the_preview_lists_the_first_findings_and_counts_all(client, cora):
    client.force_login(cora)
    text = "# Long\n" + "".join(f"## Panel {n}\n```promql\nup (\n```\n" for n in range(300))
    page = client.post(reverse("import"), {"text": text}).content.decode()
    found = understand(text).understanding
    assert len(found.notes) > 200
    assert f"{len(found.notes) - 200} more are not listed here" in page


def test_the_status_page_can_be_hidden_from_the_start(cora):
    assert import_plan("# Shown\n- [ ] a\n", by=cora).status_public
    hidden = import_plan("# Hidden\n- [ ] a\n", by=cora, status_public=False)
    assert not hidden.status_public


def test_the_import_page_makes_nothing_public_unless_it_is_ticked(cora, client_of):
    client = client_of(cora)
    page = client.post(reverse("import"), {"text": "# Quiet\n- [ ] a\n"}).content.decode()
    assert 'id="id_status_public" checked' not in page
    assert 'name="status_public"' in page
    assert "Off: only those with a role see the release." in page


HEADED = """---
title: Night move
owner: platform-team
---
# Night move

**Version:** v2.1
**Go-live:** 2031-03-04 09:00 UTC
**Ticket:** OPS-7

- [ ] a
"""


def test_the_room_does_not_say_twice_what_became_a_field(cora, client_of):
    plan = import_plan(HEADED, by=cora)
    assert not plan.roles.filter(name__iexact="owner").exists()
    page = client_of(cora).get(reverse("room", args=[plan.slug])).content.decode()
    about = page[page.index('id="fold-about"') :].split("</details>")[0]
    assert about.count("<dt>Go-live</dt>") == about.count("<dt>Version</dt>") == 1
    assert "<dt>Title</dt>" not in about and "OPS-7" in about
    assert "<dt>Owner</dt><dd>platform-team</dd>" in about
