"""The forms of the checklist and its gates, with and without script.

Scenarios 19, 21, 22, 52, 53, 55, 56.
"""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import set_item_state
from checklists.models import ChecklistItem, Condition, Criterion, Decision, ItemNote, SignOff, Vote
from tests.conftest import make_plan, make_user, seat
from warroom.live import panels
from warroom.models import TimelineEvent
from warroom.views import password

pytestmark = pytest.mark.django_db
BECAUSE = "The cache job is known and ends at 01:30."

SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def cora(cast, client_of):
    return client_of(cast["cora"])


@pytest.fixture
def thon(cast, client_of):
    return client_of(cast["thon"])


def url(plan, path):
    return f"/plans/{plan.slug}/{path}"


def make_old(client):
    """As if the password had been given six minutes ago."""
    session = client.session
    session[password.KEY] = time.time() - 360
    session.save()


# --- items -----------------------------------------------------------------------------------


def test_one_tap_sets_the_item_and_goes_back_to_the_page(plan, item, cora):
    page = cora.get(url(plan, "checklist/")).content.decode()
    tap = re.search(r'formaction="([^"]+/state[^"]+)"', page)[1].replace("&amp;", "&")
    assert tap == url(plan, "items/1/state?state=done&revision=0")
    answer = cora.post(tap, {"back": url(plan, "checklist/")})
    assert (answer.status_code, answer.url) == (302, url(plan, "checklist/"))
    item.refresh_from_db()
    assert (item.state, item.state_by_name) == ("done", "Cora")


def test_one_tap_with_script_answers_with_the_fresh_fragments(plan, item, cora):
    answer = cora.post(url(plan, "items/1/state?state=done&revision=0"), headers=SCRIPT)
    page = answer.content.decode()
    assert answer.status_code == 200
    for fragment in ("item-1", "phase-sum-1", "signoffs-1", "phases", "phase-list"):
        assert f'data-live="{fragment}"' in page
    assert 'aria-checked="true"' in page
    assert "csrf" not in page and "<textarea" not in page and "<input" not in page


def test_a_repeated_tap_changes_nothing_and_is_no_second_event(plan, item, cora):
    for _ in range(3):
        answer = cora.post(url(plan, "items/1/state?state=done&revision=0"), headers=SCRIPT)
        assert answer.status_code == 200
    assert TimelineEvent.objects.count() == 1


def test_an_item_that_somebody_changed_first_is_refused_with_what_is_true_now(
    plan, item, cast, cora
):
    set_item_state(item, "blocked", by=cast["thon"], reason="Waits for cover")
    answer = cora.post(url(plan, "items/1/state?state=done&revision=0"), headers=SCRIPT)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Thon changed 1.1 first: it is blocked" in page
    assert 'data-live="item-1"' in page and "Waits for cover" in page
    assert TimelineEvent.objects.count() == 1


def test_to_block_an_item_wants_a_reason_and_keeps_the_form(plan, item, cora):
    answer = cora.post(url(plan, "items/1/state"), {"state": "blocked", "reason": " "})
    assert answer.status_code == 422
    assert "wants a reason" in answer.content.decode()
    answer = cora.post(url(plan, "items/1/state?state=blocked"), {"text": "Waits for cover"})
    assert answer.status_code == 302
    assert ChecklistItem.objects.get().state_reason == "Waits for cover"


def test_a_note_sent_twice_stands_once(plan, item, cora):
    for _ in range(2):
        sent = {"text": "Seen at 20:35", "request_id": "abc"}
        assert cora.post(url(plan, "items/1/notes"), sent).status_code == 302
    assert ItemNote.objects.count() == 1
    assert "Seen at 20:35" in cora.get(url(plan, "items/1/")).content.decode()


def test_a_form_that_is_sent_again_with_other_words_counts_anew(plan, gate, thon):
    sent = {"role": "on-call", "vote": "go", "reason": "Fine", "request_id": "abc"}
    for reason in ("Fine", "Fine", "Better than fine"):
        answer = thon.post(url(plan, "gates/gate-1/votes"), sent | {"reason": reason})
        assert answer.status_code == 302
    assert list(Vote.objects.values_list("reason", flat=True)) == ["Fine", "Better than fine"]


def test_numbers_and_keys_of_another_release_are_not_found(plan, item, gate, cast, cora):
    other = make_plan("other")
    seat(other, cast["cora"], "lead", "Lead", ["tick", "sign", "vote", "decide"])
    paths = ["items/1/", "gates/gate-1/", "checklist/?phase=1"]
    assert [cora.get(url(other, path)).status_code for path in paths] == [404] * 3
    posts = ["items/1/state?state=done", "items/1/notes", "gates/gate-1/votes"]
    posts += ["gates/gate-1/decision", "conditions/1/close", "gates/gate-1/criteria/x"]
    assert [cora.post(url(other, path)).status_code for path in posts] == [404] * 6
    sent = {"scope": "1", "role": "lead", "decision": "approved"}
    assert cora.post(url(other, "signoffs"), sent).status_code == 404
    assert TimelineEvent.objects.count() == 0


def test_filters_leave_what_is_asked_for(plan, phase, item, blocking, cora):
    set_item_state(item, "done", by=plan.roles.get(key="member").seats.get().user)
    page = cora.get(url(plan, "checklist/?phase=1&show=blocking")).content.decode()
    main = page.split('id="phase-1"')[1].split('id="signoff"')[0]
    assert "Confirm on-call cover" in main and "Health checks pass" not in main


@pytest.mark.parametrize("wanted", ["²", "٣", "-1", "1" * 5000, "1e3"])
def test_a_phase_that_is_no_number_is_not_found(plan, phase, thon, wanted):
    assert thon.get(url(plan, "checklist/"), {"phase": wanted}).status_code == 404
    sent = {"scope": wanted, "role": "on-call", "decision": "approved"}
    assert thon.post(url(plan, "signoffs"), sent).status_code == 404
    now = timezone.now()
    for name in ("item", "phase-sum", "group-sum", "signoffs"):
        for key in (wanted, f"{wanted}-1", f"1-{wanted}"):
            assert panels.get(name).context(plan, now, key) is None


# --- sign-offs -------------------------------------------------------------------------------


def sign(plan, client, **fields):
    sent = {"scope": "1", "role": "on-call", "decision": "approved", **fields}
    return client.post(url(plan, "signoffs"), sent)


def test_a_signature_by_form_stands_once_however_often_it_is_clicked(plan, phase, thon):
    for _ in range(2):
        assert sign(plan, thon, comment="Fine").status_code == 302
    assert SignOff.objects.count() == TimelineEvent.objects.count() == 1
    page = thon.get(url(plan, "checklist/?phase=1")).content.decode()
    assert "Signed by Thon" in page and "signed 1 of 3" in page


def test_a_signature_can_be_withdrawn_by_form(plan, phase, cast, thon, cora):
    sign(plan, thon)
    number = SignOff.objects.get().pk
    assert "Withdraw my signature" in thon.get(url(plan, "checklist/?phase=1")).content.decode()
    assert "Withdraw my signature" not in cora.get(url(plan, "checklist/?phase=1")).content.decode()
    assert cora.post(url(plan, f"signoffs/{number}/withdraw")).status_code == 403
    assert thon.post(url(plan, f"signoffs/{number}/withdraw")).status_code == 302
    assert "Withdrawn by Thon" in cora.get(url(plan, "checklist/?phase=1")).content.decode()
    assert thon.post(url(plan, "signoffs/999/withdraw")).status_code == 404


def test_signing_asks_for_an_old_password_again_and_keeps_what_was_typed(plan, phase, thon):
    make_old(thon)
    answer = sign(plan, thon, comment="All <b>fine</b>")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert 'name="comment" value="All &lt;b&gt;fine&lt;/b&gt;"' in page
    assert not SignOff.objects.exists()
    wrong = sign(plan, thon, password="guess")
    assert wrong.status_code == 403 and "The password is wrong" in wrong.content.decode()
    assert sign(plan, thon, comment="All fine", password="pw").status_code == 302
    assert SignOff.objects.get().comment == "All fine"
    assert sign(plan, thon, decision="rejected", comment="Now fresh").status_code == 302


def test_a_wrong_sign_off_keeps_the_form_with_its_error(plan, phase, thon):
    answer = sign(plan, thon, decision="conditional", comment="Nearly")
    assert answer.status_code == 422
    assert "Name at least one condition" in answer.content.decode()
    assert "Nearly" in answer.content.decode()


def test_conditions_are_lines_with_owner_and_due_time(plan, phase, thon):
    lines = "Cover confirmed | Thon | 2026-10-23 21:15\n\nLimits re-read"
    assert sign(plan, thon, decision="conditional", conditions=lines).status_code == 302
    first, second = Condition.objects.order_by("number")
    assert (first.owner, f"{first.due_at:%d %H:%M}", second.text) == (
        "Thon",
        "23 21:15",
        "Limits re-read",
    )
    wrong = sign(plan, thon, decision="conditional", conditions="x | Thon | soon")
    assert wrong.status_code == 422 and "is no time" in wrong.content.decode()
    assert thon.post(url(plan, "conditions/1/close"), {"note": ""}).status_code == 422
    assert thon.post(url(plan, "conditions/1/close"), {"note": "Maya"}).status_code == 302
    assert Condition.objects.get(number=1).closed_note == "Maya"


@pytest.mark.parametrize(
    ("line", "owner", "due", "blocking"),
    [
        ("x | Thon | 2026-10-23 21:15 | not blocking", "Thon", True, False),
        ("x | Not  Blocking", "", False, False),
        ("x | Thon | | blocking", "Thon", False, True),
    ],
)
def test_a_condition_says_whether_it_blocks(plan, phase, thon, line, owner, due, blocking):
    assert sign(plan, thon, decision="conditional", conditions=line).status_code == 302
    found = Condition.objects.get()
    assert (found.owner, found.due_at is not None, found.blocking) == (owner, due, blocking)


def test_a_part_of_a_condition_that_is_not_understood_is_named(plan, phase, thon):
    line = "x | Thon | 21:15 | urgent"
    answer = sign(plan, thon, decision="conditional", conditions=line)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "&#x27;urgent&#x27; is not understood" in page
    assert line in page


def test_a_rejection_is_not_answered_as_if_it_were_signed(plan, phase, thon):
    answer = sign(plan, thon, decision="rejected", comment="No.")
    page = thon.get(answer.url).content.decode()
    assert "Rejected: phase 1, System readiness." in page
    assert "note--warn" in page
    assert "Signed: phase 1" not in page


def test_what_is_refused_without_script_keeps_the_head_of_the_release(plan, phase, cora, thon):
    sign(plan, thon, decision="rejected", comment="No.")
    answer = sign(plan, cora, scope="plan", role="deployment-lead")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'id="strip"' in page
    assert "System readiness" in page


# --- gates -----------------------------------------------------------------------------------


def test_the_gates_address_goes_to_the_first_open_gate(plan, gate, cora):
    answer = cora.get(url(plan, "gates/"))
    assert (answer.status_code, answer.url) == (302, url(plan, "gates/gate-1/"))
    gate.delete()
    assert cora.get(url(plan, "gates/")).status_code == 200


def test_a_late_vote_is_answered_409_with_fresh_fragments_and_writes_nothing(
    plan, all_go, cast, thon
):
    decide_gate(all_go, "go", by=cast["cora"])
    before = (Vote.objects.count(), TimelineEvent.objects.count())
    sent = {"role": "on-call", "vote": "no-go", "reason": "Wait"}
    answer = thon.post(url(plan, "gates/gate-1/votes"), sent, headers=SCRIPT)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "was decided while you wrote: GO, Cora" in page
    assert 'data-live="gate-verdict-gate-1"' in page and "GO, decided by Cora" in page
    assert (Vote.objects.count(), TimelineEvent.objects.count()) == before
    plain = thon.post(url(plan, "gates/gate-1/votes"), sent | {"reason": "The cache <b>job"})
    assert plain.status_code == 409
    assert "The cache &lt;b&gt;job" in plain.content.decode()  # what was typed is not lost


def test_extra_fields_that_name_somebody_else_are_ignored(plan, gate, cast, cora, thon):
    forged = {"person": cast["hudson"].pk, "decided_by": "hudson", "by": "hudson", "override": "0"}
    thon.post(url(plan, "gates/gate-1/votes"), {"role": "on-call", "vote": "go", **forged})
    assert Vote.objects.get().person == cast["thon"]
    sent = {"decision": "no-go", "rationale": BECAUSE, "recommendation": "no-go", **forged}
    sent["seen"] = "hold:1"
    cora.post(url(plan, "gates/gate-1/decision"), sent)
    decision = Decision.objects.get()
    assert (decision.person, decision.role.key) == (cast["cora"], "deployment-lead")
    assert (decision.recommendation, decision.override) == ("hold", True)
    answer = thon.post(
        url(plan, "gates/gate-1/votes"), {"role": "security-lead", "vote": "go", **forged}
    )
    assert answer.status_code == 403


def test_go_with_conditions_wants_one(plan, gate, thon):
    sent = {"role": "on-call", "vote": "conditional", "reason": "Nearly there"}
    answer = thon.post(url(plan, "gates/gate-1/votes"), sent)
    assert answer.status_code == 422 and "Nearly there" in answer.content.decode()
    sent["conditions"] = "P95 below 200 ms | Thon | 21:15"
    assert thon.post(url(plan, "gates/gate-1/votes"), sent).status_code == 302
    page = thon.get(url(plan, "gates/gate-1/")).content.decode()
    assert "go with 1 condition" in page and "Change my vote" in page


@pytest.mark.parametrize("year", ["0001", "1969", "2200", "9999"])
def test_a_condition_in_an_impossible_year_keeps_the_form(plan, phase, gate, thon, year):
    line = f"Cover | Thon | {year}-12-31 23:59"
    sent = {"role": "on-call", "vote": "conditional", "conditions": line}
    answer = thon.post(url(plan, "gates/gate-1/votes"), sent)
    assert answer.status_code == 422
    assert f"is due in the year {int(year)}" in answer.content.decode()
    answer = sign(plan, thon, decision="conditional", conditions=line)
    assert answer.status_code == 422
    assert not Vote.objects.exists() and not SignOff.objects.exists()


def test_hold_never_asks_for_the_password_but_go_and_no_go_do(plan, gate, cora):
    make_old(cora)
    sent = {"decision": "hold", "rationale": "Known job", "hold_minutes": "15"}
    assert cora.post(url(plan, "gates/gate-1/decision"), sent).status_code == 302
    assert Decision.objects.get().word == "hold"
    sent = {"decision": "no-go", "rationale": BECAUSE, "seen": "hold:1"}
    assert cora.post(url(plan, "gates/gate-1/decision"), sent).status_code == 403
    assert Decision.objects.count() == 1
    sent["password"] = "pw"
    assert cora.post(url(plan, "gates/gate-1/decision"), sent).status_code == 302
    assert Decision.objects.count() == 2


def test_a_decision_without_its_reason_keeps_the_form(plan, gate, cora):
    answer = cora.post(url(plan, "gates/gate-1/decision"), {"decision": "no-go", "seen": "hold:1"})
    assert answer.status_code == 422
    assert "wants a written reason" in answer.content.decode()


def checked_choice(page):
    form = page.split('id="de-h"')[1]
    found = re.search(r'name="decision" value="([a-z-]+)"[^>]* checked', form)
    return found[1] if found else None


def test_the_decision_that_the_rule_gives_is_chosen_and_marked(
    plan, gate, all_go, cast, roles, cora
):
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    assert checked_choice(page) == "go"
    form = page.split('id="de-h"')[1]
    marks = re.findall(r'class="tag[^"]*">(Rule|Override)<', form)
    assert marks == ["Override", "Rule", "Override"]  # HOLD GO NO-GO
    assert "GO is possible now." in page
    cast_vote(gate, roles["on-call"], "no-go", by=cast["thon"], reason="Wait")
    assert checked_choice(cora.get(url(plan, "gates/gate-1/")).content.decode()) == "no-go"


def test_to_hold_once_more_is_nobodys_default(plan, gate, cast, cora):
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    assert checked_choice(page) == "hold"
    decide_gate(gate, "hold", by=cast["cora"])
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    assert checked_choice(page) is None


def test_go_against_the_rule_is_called_so(plan, gate, cora):
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    assert "3 votes missing" in page
    assert "GO is possible now, against the rule, with a reason." in page


def test_a_reason_that_some_choices_want_is_not_called_optional(plan, phase, gate, cora):
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    for name in ("rationale", "reason"):
        label = re.search(rf'<label class="field__l" for="id_{name}">(.*?)</label>', page)[1]
        assert label == "Reason"
    assert "Wanted for a choice marked Override" in page and "Wanted for a no-go" in page


def test_the_form_is_judged_before_the_password_is_asked_for(plan, phase, gate, cora, thon):
    make_old(cora)
    make_old(thon)
    sent = {"decision": "go", "seen": "hold:1"}
    answer = cora.post(url(plan, "gates/gate-1/decision"), sent)
    assert answer.status_code == 422
    assert "wants a written reason" in answer.content.decode()
    assert sign(plan, thon, decision="rejected").status_code == 422
    answer = cora.post(url(plan, "gates/gate-1/decision"), sent | {"rationale": BECAUSE})
    assert answer.status_code == 403 and "password" in answer.content.decode()


def test_a_hold_that_is_over_says_so_on_the_gates_page(plan, gate, cast, cora):
    decide_gate(gate, "hold", by=cast["cora"], hold_minutes=30)
    held = plan.gates.get().decisions.get()
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    assert "<b>On hold</b> since" in page and "decide again" not in page
    plan.refresh_from_db()
    later = held.hold_until + timedelta(seconds=1)
    for name, key in (("gate-verdict", "gate-1"), ("gate", "")):
        shown = str(panels.render(panels.get(name), plan, later, key))
        assert "old is over since" in shown and "decide again" in shown
        assert "On hold" not in shown


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("gates/gate-1/votes", "gates/gate-1/"),
        ("gates/gate-1/decision", "gates/gate-1/"),
        ("signoffs", "checklist/"),
    ],
)
def test_the_address_of_a_refused_form_leads_back_to_its_page(plan, gate, cora, path, back):
    for ask in (cora.get, cora.head):
        answer = ask(url(plan, path))
        assert (answer.status_code, answer.url) == (302, url(plan, back))


def test_a_decided_gate_shows_the_frozen_evidence_and_gives_it_as_json(plan, all_go, cast, cora):
    decision = decide_gate(all_go, "go", by=cast["cora"])
    page = cora.get(url(plan, "gates/gate-1/")).content.decode()
    assert "GO, decided by Cora as Deployment Lead" in page
    assert "Evidence verified" in page and decision.evidence_sha256 in page
    answer = cora.get(url(plan, f"gates/gate-1/evidence/{decision.pk}.json"))
    assert answer.json()["evidence"]["criteria"][0]["value"] == 0.04
    assert cora.get(url(plan, "gates/gate-1/evidence/999.json")).status_code == 404


def test_a_judgement_by_form(plan, gate, cora):
    Criterion.objects.create(gate=gate, key="team-ready", position=1, label="Team ready")
    path = url(plan, "gates/gate-1/criteria/team-ready")
    assert cora.post(path, {"band": "green", "note": ""}).status_code == 422
    assert cora.post(path, {"band": "green", "note": "All three here"}).status_code == 302
    assert "All three here" not in cora.get(url(plan, "gates/gate-2/")).content.decode()
    assert cora.post(url(plan, "gates/gate-1/criteria/none"), {}).status_code == 404


# --- what people type is text ------------------------------------------------------------------

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    '<div hx-get="/x" hx-trigger="load">',
    "{{ 7|add:7 }}{% debug %}",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_type_is_shown_as_text_everywhere(
    plan, phase, item, gate, cast, cora, thon, payload
):
    item.text = item.owner = item.value = payload
    item.blocking = True
    item.save()
    phase.title = gate.title = gate.rule_text = payload
    phase.save()
    gate.save()
    Criterion.objects.create(
        gate=gate, key="c", position=1, label=payload, target_text=payload, fail_text=payload
    )
    thon.post(url(plan, "items/1/state"), {"state": "blocked", "reason": payload})
    thon.post(url(plan, "items/1/notes"), {"text": payload})
    sent = {"role": "on-call", "vote": "go", "reason": payload, "conditions": payload}
    thon.post(url(plan, "gates/gate-1/votes"), sent)
    sign(plan, thon, decision="conditional", comment=payload, conditions=payload)
    cora.post(url(plan, "gates/gate-1/decision"), {"decision": "hold", "rationale": payload})
    assert TimelineEvent.objects.count() == 5
    for path in ("", "checklist/?phase=1", "items/1/", "gates/gate-1/", "timeline/"):
        page = cora.get(url(plan, path)).content.decode()
        for raw in (
            "<script>alert",
            "<img src=x",
            "<svg onload",
            "<div hx-get",
            'href="javascript',
        ):
            assert raw not in page, path
        if payload.startswith("{{") and path == "timeline/":
            assert "{{ 7|add:7 }}" in page, "it stands as it was typed, not as 14"


# --- other origins, other methods ---------------------------------------------------------------


def test_without_the_token_nothing_is_written(plan, item, gate, cast, client_of):
    careful = client_of(cast["cora"], enforce_csrf_checks=True)
    posts = ["items/1/state?state=done", "items/1/notes", "signoffs", "gates/gate-1/votes"]
    posts += ["gates/gate-1/decision", "conditions/1/close"]
    for path in posts:
        assert careful.post(url(plan, path), {"text": "x"}).status_code == 403
    assert TimelineEvent.objects.count() == 0


def test_a_person_with_a_seat_but_no_right_is_refused_in_words(plan, item, gate, cast, client_of):
    vera = client_of(cast["vera"])
    answer = vera.post(url(plan, "items/1/state?state=done"), headers=SCRIPT)
    assert answer.status_code == 403 and "right to tick" in answer.content.decode()
    assert vera.post(url(plan, "gates/gate-1/decision"), {"decision": "hold"}).status_code == 403
    nobody = client_of(make_user("nobody"))
    assert nobody.post(url(plan, "items/1/state?state=done")).status_code == 404
