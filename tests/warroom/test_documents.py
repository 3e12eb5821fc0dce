"""Bytes to text to blocks to understanding: every line once, nothing dropped, no crash. S1 S44."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warroom.documents.blocks import ListItem
from warroom.documents.parse import decode, parse
from warroom.documents.plain import is_blank, plain, without_marks
from warroom.documents.readers import read_all
from warroom.documents.source import DocumentError

PLAN = """\
# Checkout 4.2

**Prepared by:** Cora (Release Manager)
**Date:** 2026-03-02
**Version:** 4.2.0
**Environment:** production
**Go-Live:** 2026-03-04 09:00 CET

## Before (T-2 hours)

- [x] Tests green: 98.28% (1,026/1,044)
- [ ] Notify the desk @hudson
  - Command: `make notify`
  - Expected: 200 OK

```sh
- [ ] not an item
```

## Sign-Off

### Technical Lead Sign-Off
- Name: ________
- Date: ________
- Approval: ✓ / ✗
"""


def understood(text):
    return read_all(parse(text))


def boxes(text):
    return [
        (block.box, block.text)
        for _, block in parse(text).blocks()
        if isinstance(block, ListItem) and block.box
    ]


@pytest.mark.parametrize(
    ("line", "box", "text"),
    [
        ("- [ ] a", "open", "a"),
        ("* [x] a", "done", "a"),
        ("+ [X] a", "done", "a"),
        ("1. [ ] a", "open", "a"),
        ("2) [x] a", "done", "a"),
        ("- [✅] a", "done", "a"),
        ("- [✓] a", "done", "a"),
        ("- [  ] two blanks", "open", "two blanks"),
        ("- [ ] ✅ decorated, not done", "open", "✅ decorated, not done"),
        ("> - [ ] quoted", "open", "quoted"),
        ("- [ ]", "open", ""),
    ],
)
def test_a_box_is_read_whatever_its_marker(line, box, text):
    assert boxes(line) == [(box, text)]


@pytest.mark.parametrize(
    "text",
    [
        "```\n- [ ] in a fence\n```",
        "~~~markdown\n- [x] in a fence\n~~~",
        "    - [ ] in indented code",
        "<!--\n- [ ] in a comment\n\n- [ ] after a blank line\n-->",
        "- [link](https://example.org)",
        "- [x](https://example.org) is a link",
        "[ ] no list",
        "Choose: [ ] GO [ ] NO-GO",
        "- ✅ a mark is no box",
    ],
)
def test_what_only_looks_like_a_box_is_no_item(text):
    assert boxes(text) == []


def test_a_fence_inside_a_longer_fence_ends_nothing():
    assert boxes("````md\n```\n- [ ] a\n```\n- [ ] b\n````\n- [ ] c") == [("open", "c")]


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"PK\x03\x04rest", 1, "zip"),
        (b"%PDF-1.7", 1, "PDF"),
        (b"\xff\xfea\x00", 1, "UTF-16"),
        (b"one\ntwo\n\x00three", 3, "NUL"),
        (b"one\ntwo \xe9 three", 2, "0xe9"),
        (b"a\n" * 600_000, 524_289, "limit"),
        (b"a\n" * 30_000, 15_001, "lines"),
        ("one\n\ud800", 2, "surrogate"),
    ],
)
def test_a_broken_document_is_refused_by_its_line(data, line, says):
    with pytest.raises(DocumentError) as refused:
        decode(data)
    assert refused.value.line == line
    assert says in refused.value.text
    assert refused.value.would_be_right


def test_fifty_megabytes_are_refused_at_once():
    began = time.process_time()
    with pytest.raises(DocumentError):
        decode(b"- [ ] x\n" * 6_250_000)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        "```promql\n" + "up\n" * 9_000 + "```",
        ("|" + "a|" * 300 + "\n") + ("|" + "-|" * 300 + "\n") + ("|" + "b|" * 300 + "\n") * 1_500,
        "| Role | Name | Email |\n|-|-|-|\n" + "| a | b | c@x.org |\n" * 9_000,
        "[" * 13_000,
        "[\n" * 13_000,
        "[ ](" * 13_000,
        "*" * 40_000,
        "`" * 40_000,
        ">" * 40_000,
    ],
)
def test_thousands_of_brackets_are_read_in_time(text):
    began = time.process_time()
    understood(text)
    assert time.process_time() - began < 20


def test_text_misread_as_mac_roman_is_repaired_and_said():
    damaged = "- [✅] Grün → fertig ≥ 98 %".encode().decode("mac_roman")
    source = decode(damaged.encode())
    assert source.text == "- [✅] Grün → fertig ≥ 98 %"
    assert source.repaired
    assert "Mac Roman" in source.notes[0]


@pytest.mark.parametrize("text", ["plain", "Grün ≥ 98 %", "→ ✅", "café", "Ünïcödé", "任務 ☐"])
def test_text_that_was_fine_is_left_as_it_was(text):
    assert decode(text.encode()).text == text
    assert not decode(text.encode()).repaired


def test_a_byte_order_mark_and_windows_line_ends_keep_the_lines():
    source = decode("\ufeff# A\r\n\r\n- [ ] b\r\n".encode())
    assert parse(source.text).lines == ["# A", "", "- [ ] b"]


def test_escaped_markdown_is_read_without_its_backslashes():
    plan = understood("\\# Title\n\n\\## Part\n\n\\- \\[ \\] one\n\n\\- \\[x\\] two\n")
    assert plan.title == "Title"
    assert [f.code for f in plan.findings if f.code == "escaped"]
    assert plan.counts["task_items"] == 2


def test_the_header_gives_name_version_place_and_t0_in_utc():
    plan = understood(PLAN)
    assert (plan.title, plan.version, plan.environment) == ("Checkout 4.2", "4.2.0", "production")
    assert f"{plan.t0.at:%Y-%m-%d %H:%M}" == "2026-03-04 08:00"
    assert plan.t0.zone == "Europe/Berlin"
    assert plan.facts["Prepared by"] == "Cora (Release Manager)"
    assert plan.lines[2].label == "Note on the release"


def test_a_target_before_the_documents_own_date_is_a_warning():
    plan = understood(
        "# D\n\n**Date:** 2025-10-25 19:00 CDT\n**Target Deployment:** 2025-10-25 01:00 CDT\n"
    )
    (finding,) = [f for f in plan.findings if f.code == "target_before_document"]
    assert finding.line == 4
    assert "T-0 = 25 Oct 2025 06:00 UTC" in finding.text
    assert "18 h before" in finding.text
    assert plan.lines[3].severity == "warning"


def test_an_instant_in_the_opening_lines_is_taken_as_a_guess():
    plan = understood("# A\n\n**Maintenance window**\nJanuary 14, 2026 - 23:30 UTC\n")
    assert f"{plan.t0.at:%Y-%m-%d %H:%M}" == "2026-01-14 23:30"
    assert "guessed" in next(f.text for f in plan.findings if f.code == "t0_assumed")


@pytest.mark.parametrize(
    ("target", "code"),
    [("Week 10, Day 1", "t0_unreadable"), ("2026-03-04", "t0_assumed"), ("____", "t0_missing")],
)
def test_a_target_that_is_no_instant_is_said(target, code):
    plan = understood(f"# A\n\n**Target Deployment:** {target}\n")
    assert code in [finding.code for finding in plan.findings]


def test_signers_are_roles_and_their_blanks_are_no_work():
    plan = understood(PLAN)
    (lead,) = [role for role in plan.parts["roles"] if role.signs]
    assert lead.name == "Technical Lead"
    assert {plan.lines[n].became for n in (22, 23, 24)} == {"blank field"}
    assert plan.counts["items"] == 2


SIGNERS = {
    "boxes": "## Sign-off\n- [ ] **QA Lead**: Testing complete\n- [ ] **Release Manager**: ____\n",
    "blanks": "**Sign-off**:\n- QA Lead: ______ Date: ____\n- Release Manager: _____ Date: ___\n",
    "table": "## Signatures\n| Role | Name | Signature |\n|--|--|--|\n| QA Lead | ___ | ___ |\n"
    "| Release Manager | ___ | ___ |\n",
    "prose": "**Sign-off**: QA Lead ________ Date: ____\n\n"
    "**Sign-off**: Release Manager ________ Date: ____\n",
    "approvals": "**Approved By**:\n- QA Lead: ✅ Approved\n- Release Manager: ✅ Approved\n",
}


@pytest.mark.parametrize("text", SIGNERS.values(), ids=SIGNERS)
def test_every_form_of_a_sign_off_gives_its_roles(text):
    plan = understood(f"# A\n\n{text}")
    assert [role.name for role in plan.parts["roles"]] == ["QA Lead", "Release Manager"]
    assert all(role.signs for role in plan.parts["roles"])
    assert plan.counts["items"] == 0


def test_a_sign_off_checklist_that_names_no_role_is_work():
    plan = understood(
        "# A\n## Release Signoff Checklist\n- [ ] Docs written\n- [x] Graduation set\n"
    )
    assert plan.counts["items"] == 2
    assert plan.counts["roles"] == 0


def test_contacts_and_levels_are_read_from_tables_and_lists():
    plan = understood(
        "# A\n\n## Contacts\n\n| Role | Name | Email | Slack | Availability |\n|-|-|-|-|-|\n"
        "| On-Call | Thon | thon@example.org | @thon | 24/7 |\n| DBA | [TBD] | | | |\n\n"
        "**Escalation:**\n- Level 1: Deployment Team (0-15 min)\n- Level 2: Thon (15-30 min)\n"
    )
    thon, dba = plan.parts["contacts"]
    assert thon.reach == (("mail", "thon@example.org"), ("chat", "@thon"))
    assert (dba.name, dba.reach) == ("DBA", ())
    assert [(v.number, v.from_minute, v.to_minute) for v in plan.parts["levels"]] == [
        (1, 0, 15),
        (2, 15, 30),
    ]


def test_who_is_only_to_be_called_ticks_where_others_sign():
    contacts = "\n## Contacts\n\n| Role | Name | Email |\n|-|-|-|\n| DBA | Ida | i@example.org |\n"
    signed = understood(f"# A\n\n{SIGNERS['boxes']}{contacts}").parts["roles"]
    assert [role.rights for role in signed if role.name == "DBA"] == [("tick",)]
    (alone,) = understood(f"# A\n{contacts}").parts["roles"]
    assert {"sign", "vote", "decide"} <= set(alone.rights)


def test_people_of_other_teams_are_contacts_without_a_role():
    plan = understood("# A\n\n| Client Team | Primary | Backup |\n|-|-|-|\n| Web | Ada | Bo |\n")
    assert (plan.counts["contacts"], plan.counts["roles"]) == (1, 0)


def test_a_contact_may_have_a_backup_or_still_be_a_blank():
    plan = understood(
        "# A\n\n| Role | Primary | Backup |\n|-|-|-|\n| DevOps Coordinator | Ada | Bo |\n\n"
        "## Contacts\n- **Service Owner:** [TODO: Name] - [TODO: Mail]\n- **CIO:** see the wiki\n"
    )
    devops, owner = plan.parts["contacts"]
    assert (devops.name, devops.role, devops.availability) == (
        "Ada",
        "DevOps Coordinator",
        "backup: Bo",
    )
    assert (owner.name, owner.reach) == ("Service Owner", ())


def test_one_role_leads_and_the_others_sign_and_vote():
    plan = understood(f"# A\n\n{SIGNERS['boxes']}")
    rights = {role.name: set(role.rights) for role in plan.parts["roles"]}
    assert rights["QA Lead"] == {"tick", "sign", "vote"}
    assert rights["Release Manager"] == {"tick", "sign", "vote", "decide", "edit", "run", "skip"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("**bold** and *italic* and `co*de*`", "bold and italic and co*de*"),
        ("a [link](https://e.org/x) and <https://e.org>", "a link and https://e.org"),
        ("snake_case stays, _this_ goes", "snake_case stays, this goes"),
        ("Name: ________", "Name: ________"),
        ("one<br>two <b>three</b>", "one two three"),
        (r"escaped \*star\*", "escaped *star*"),
        ("a <!-- hidden --> b", "a b"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_inline_markup_is_read_as_words(source, words):
    assert plain(source) == words


@pytest.mark.parametrize("text", ["", "____", "[TBD]", "{{ name }}", "TODO", "n/a", "<name>"])
def test_placeholders_are_blanks_to_fill(text):
    assert is_blank(text)


def test_status_marks_are_dropped_from_titles():
    assert without_marks("Code Quality ✓ (On Completion) ✅") == "Code Quality (On Completion)"


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_text_is_understood_line_by_line_or_refused_in_words(text):
    try:
        source = decode(text)
    except DocumentError as refused:
        assert refused.line >= 1
        return
    plan = read_all(parse(source.text))
    assert [line.number for line in plan.lines] == list(range(1, len(plan.lines) + 1))
    assert [line.source for line in plan.lines] == parse(source.text).lines
    assert all(line.became for line in plan.lines)


_PIECES = st.sampled_from(
    [
        "# Title", "## Part (T-2 hours)", "### Sign-Off", "- [ ] work", "  - [x] below", "1. step",
        "| Metric | Target | Fail |", "|---|---|---|", "| Error rate | < 0.1% | > 1% |",
        "```promql", "```", "up == 1", "**Date:** 2026-01-01", "- Red: > 5%", "- Green: < 1%",
        "", "---", "<!--",
        "-->", "☐ drawn", "[ ] bare", "0% → 5% → 10% rollout, 12-hour soak", "#### Risk 1: fire",
        "| Task | Status |", "| a | ✅ |", "Level 1: Team (0-15 min)", "**Role**: ____ Date: ____",
        "\t- [ ] tab", "> - [ ] quoted", "T-24", "- @name does (due Oct 3)", "**Escalation:**",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("\n".join))
@settings(max_examples=200, deadline=None)
def test_any_mix_of_known_forms_is_understood_without_a_crash(text):
    plan = read_all(parse(text))
    assert len(plan.lines) == len(plan.document.lines)
    assert plan.counts["items"] >= plan.counts["done"] >= 0


@pytest.mark.parametrize("start", ["    ", "**Go-Live:** a", "Go-Live: a"])
def test_a_long_line_of_blanks_is_read_in_time(start):
    began = time.process_time()
    understood(start + " " * 400_000 + "a")
    assert time.process_time() - began < 50
