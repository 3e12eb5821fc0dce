"""Sign-offs: laws 4 and 10. Scenarios 19 and 54."""

import pytest
from django.utils import timezone

from checklists.actions.conditions import Wanted, close_condition
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off, withdraw_signature
from checklists.models import Condition, Revocation, SignOff
from checklists.queries.phases import checklist
from tests.conftest import make_item, make_plan, make_user, seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.live import panels
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db


def test_a_signature_says_in_words_what_was_signed(plan, phase, item, cast, roles):
    make_item(phase, 2, "Backups verified", state="done")
    signed = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"], comment="Fine.")
    assert signed.statement == (
        "I, Thon, as On-Call, approve phase 1, System readiness with 1 of 2 items closed. "
        "Every required item of it that names my role is done, or marked not applicable with a "
        "reason, and I know of nothing that should stop it."
    )
    event = plan.events.get()
    assert event.kind == "signoff.approved"
    assert event.data["phase"] == 1


def test_signing_twice_is_one_signature_and_one_event(plan, phase, item, cast, roles):
    for request_id in ("a", "a", "b", None):
        sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"], request_id=request_id)
    assert SignOff.objects.count() == 1
    assert TimelineEvent.objects.count() == 1


def test_the_same_words_with_another_condition_are_another_signature(plan, phase, cast, roles):
    for text in ("Cover is confirmed", "Cover is confirmed", "Limits are re-read"):
        wanted = [Wanted(text)]
        thon = cast["thon"]
        sign_off(plan, phase, roles["on-call"], "conditional", by=thon, conditions=wanted)
    assert SignOff.objects.count() == 2


def test_a_request_id_that_stands_for_something_else_is_refused(plan, phase, cast, roles):
    seat(plan, cast["hudson"], "on-call", "On-Call", [])
    sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"], request_id="x")
    with pytest.raises(Refused, match="sent before with other words"):
        sign_off(plan, phase, roles["security-lead"], "approved", by=cast["hudson"], request_id="x")
    assert SignOff.objects.count() == TimelineEvent.objects.count() == 1


def test_a_change_of_mind_is_a_new_signature_that_names_the_old_one(plan, phase, cast, roles):
    first = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    second = sign_off(plan, phase, roles["on-call"], "rejected", by=cast["thon"], comment="No.")
    assert second.supersedes == first
    assert SignOff.objects.filter(superseded_by__isnull=True).get() == second


def test_a_later_change_of_an_item_revokes_the_signatures_in_the_same_event(
    plan, phase, item, cast, roles
):
    signed = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    rejected = sign_off(
        plan, phase, roles["security-lead"], "rejected", by=cast["hudson"], comment="Not yet."
    )
    set_item_state(item, "done", by=cast["forge"])
    assert [r.signoff for r in Revocation.objects.all()] == [signed]
    assert "1.1 to done, Forge" in signed.revocation.sentence
    assert not Revocation.objects.filter(signoff=rejected).exists()
    event = plan.events.order_by("seq").last()
    assert event.kind == "item.done"
    assert event.data["revoked"] == ["on-call"]
    assert "revokes the signature of On-Call" in event.text
    assert plan.events.count() == 3


@pytest.mark.parametrize("before", ["done", "skipped", "not_applicable"])
@pytest.mark.parametrize("after", ["failed", "blocked", "open", "doing"])
def test_what_is_no_longer_closed_revokes_the_signatures_under_the_whole_release(
    plan, phase, item, cast, roles, before, after
):
    set_item_state(item, before, by=cast["cora"], reason="So it is")
    whole = sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    under_phase = sign_off(plan, phase, roles["security-lead"], "approved", by=cast["hudson"])
    rejected = sign_off(
        plan, None, roles["deployment-lead"], "rejected", by=cast["cora"], comment="Not yet."
    )
    count = plan.events.count()
    set_item_state(item, after, by=cast["forge"], reason="It was not")
    assert {r.signoff for r in Revocation.objects.all()} == {whole, under_phase}
    assert not Revocation.objects.filter(signoff=rejected).exists()
    event = plan.events.order_by("seq").last()
    assert plan.events.count() == count + 1
    assert event.data["revoked"] == ["security-lead"]
    assert event.data["revoked_whole"] == ["on-call"]
    assert "revokes the signature of On-Call under the whole release" in event.text
    assert panels.get("signoffs").keys(plan, [event]) == ["1", "plan", "stable"]


def test_progress_leaves_the_signatures_under_the_whole_release(plan, phase, item, cast, roles):
    other = make_plan("other")
    seat(other, cast["thon"], "on-call", "On-Call", ["sign"])
    sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    sign_off(other, None, other.roles.get(), "approved", by=cast["thon"])
    for state in ("doing", "done", "skipped"):
        set_item_state(item, state, by=cast["cora"], reason="Went on")
    assert not Revocation.objects.exists()
    set_item_state(item, "open", by=cast["forge"])
    assert [r.signoff.plan for r in Revocation.objects.all()] == [plan]


def test_a_revoked_signature_can_be_given_again(plan, phase, item, cast, roles):
    first = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    set_item_state(item, "done", by=cast["forge"])
    again = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    assert again.supersedes == first


def test_a_signature_is_withdrawn_by_a_new_record_and_only_by_who_gave_it(plan, phase, cast, roles):
    seat(plan, cast["hudson"], "on-call", "On-Call", [])
    signed = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    for other in ("hudson", "cora", "root"):
        with pytest.raises(NotAllowed):
            withdraw_signature(signed, by=cast[other])
    for _ in range(2):
        withdraw_signature(signed, by=cast["thon"])
    assert signed.revocation.sentence.startswith("Withdrawn by Thon")
    assert SignOff.objects.count() == 1
    kinds = [event.kind for event in plan.events.order_by("seq")]
    assert kinds == ["signoff.approved", "signoff.withdrawn"]


def test_one_person_does_not_sign_for_two_roles_under_one_phase(plan, phase, cast, roles):
    seat(plan, cast["thon"], "security-lead", "Security Lead", [])
    sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    with pytest.raises(Refused, match="One person does not sign for two roles"):
        sign_off(plan, phase, roles["security-lead"], "approved", by=cast["thon"])
    assert SignOff.objects.count() == 1


def test_the_author_may_not_be_the_only_approver_of_the_release(plan, cast, roles):
    plan.author = cast["cora"]
    plan.save()
    with pytest.raises(Refused, match="You wrote this plan"):
        sign_off(plan, None, roles["deployment-lead"], "approved", by=cast["cora"])
    sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    sign_off(plan, None, roles["deployment-lead"], "approved", by=cast["cora"])
    assert SignOff.objects.count() == 2


@pytest.mark.parametrize("word", ["withdrawn", "rejected"])
def test_the_author_left_as_the_only_approver_counts_no_longer(plan, cast, roles, client_of, word):
    plan.author = cast["cora"]
    plan.save()
    given = sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    sign_off(plan, None, roles["deployment-lead"], "approved", by=cast["cora"])
    assert checklist(plan, timezone.now()).whole_signed == 2
    if word == "withdrawn":
        withdraw_signature(given, by=cast["thon"])
    else:
        sign_off(plan, None, roles["on-call"], "rejected", by=cast["thon"], comment="Not so.")
    board = checklist(plan, timezone.now())
    assert board.whole_signed == 0
    assert [one.role.key for one in board.whole if one.alone] == ["deployment-lead"]
    page = client_of(cast["cora"]).get(f"/plans/{plan.slug}/checklist/?phase=plan")
    assert "Does not count alone: Cora wrote this plan." in page.content.decode()
    sign_off(plan, None, roles["security-lead"], "approved", by=cast["hudson"])
    assert checklist(plan, timezone.now()).whole_signed == 2


def test_under_a_phase_the_authors_signature_counts(plan, phase, cast, roles):
    plan.author = cast["cora"]
    plan.save()
    sign_off(plan, phase, roles["deployment-lead"], "approved", by=cast["cora"])
    assert checklist(plan, timezone.now()).phases[0].signed == 1


def test_open_blocking_items_stop_the_approval_but_not_one_with_conditions(
    plan, phase, blocking, cast, roles
):
    with pytest.raises(Refused, match=r"1 blocking item is open: 1\.7"):
        sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    signed = sign_off(
        plan,
        phase,
        roles["on-call"],
        "conditional",
        by=cast["thon"],
        conditions=[Wanted("Cover is confirmed by 21:00", "Thon")],
    )
    assert signed.conditions.get().number == 1
    assert "Conditions: (1) Cover is confirmed by 21:00." in signed.statement


@pytest.mark.parametrize(
    ("word", "comment", "conditions", "field"),
    [
        ("maybe", "", [], "decision"),
        ("rejected", " ", [], "comment"),
        ("conditional", "", [], "conditions"),
        ("conditional", "", [Wanted("  ")], "conditions"),
        ("approved", "", [Wanted("one")], "conditions"),
        ("approved", "x" * 5000, [], "comment"),
    ],
)
def test_what_is_filled_in_wrongly_is_named_and_nothing_is_written(
    plan, phase, cast, roles, word, comment, conditions, field
):
    with pytest.raises(Invalid) as wrong:
        sign_off(
            plan,
            phase,
            roles["on-call"],
            word,
            by=cast["thon"],
            comment=comment,
            conditions=conditions,
        )
    assert wrong.value.field == field
    assert not SignOff.objects.exists() and not TimelineEvent.objects.exists()


@pytest.mark.parametrize("name", ["forge", "vera", "hudson", "stranger", "root"])
def test_only_who_sits_in_the_role_signs_as_it(plan, phase, cast, roles, name):
    with pytest.raises(NotAllowed):
        sign_off(plan, phase, roles["on-call"], "approved", by=cast[name])
    assert not SignOff.objects.exists()


def test_a_condition_is_closed_once_with_a_note(plan, phase, cast, roles):
    signed = sign_off(
        plan,
        phase,
        roles["on-call"],
        "conditional",
        by=cast["thon"],
        conditions=[Wanted("P95 below 200 ms")],
    )
    condition = signed.conditions.get()
    with pytest.raises(Invalid):
        close_condition(condition, " ", by=cast["hudson"])
    with pytest.raises(NotAllowed):
        close_condition(condition, "It is", by=cast["forge"])
    close_condition(condition, "Measured 160 ms", by=cast["hudson"])
    close_condition(condition, "Measured again", by=cast["cora"])
    condition = Condition.objects.get()
    assert (condition.closed_by, condition.closed_note) == (cast["hudson"], "Measured 160 ms")
    assert plan.events.filter(kind="condition.closed").count() == 1


def test_two_people_in_one_role_the_second_supersedes_the_first(plan, phase, cast, roles):
    maya = make_user("maya")
    seat(plan, maya, "on-call", "On-Call", [])
    first = sign_off(plan, phase, roles["on-call"], "approved", by=cast["thon"])
    second = sign_off(plan, phase, roles["on-call"], "approved", by=maya)
    assert second.supersedes == first


def test_the_last_signatures_wait_while_a_phase_stands_rejected(plan, phase, cast, roles):
    """The refusal and the card name the phase and who rejects it."""
    sign_off(plan, phase, roles["security-lead"], "rejected", by=cast["hudson"], comment="No.")
    with pytest.raises(Refused, match="phase 1, System readiness by Security Lead"):
        sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"])
    sign_off(plan, None, roles["on-call"], "rejected", by=cast["thon"], comment="Not yet.")
    plan.refresh_from_db()
    board = checklist(plan, timezone.now())
    assert board.phases[0].rejected == ["Security Lead"]
    card = panels.render(panels.get("signoffs"), plan, timezone.now(), "plan")
    assert "Waits for phase 1, System readiness: Security Lead rejected it." in card
    nav = panels.render(panels.get("phase-list"), plan, timezone.now())
    assert "rejected by Security Lead" in nav
    sign_off(plan, phase, roles["security-lead"], "approved", by=cast["hudson"])
    assert sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"]).word == "approved"


def test_a_card_names_who_may_sign_and_what_conditions_ask(plan, phase, cast, roles):
    due = timezone.now().replace(hour=21, minute=15)
    wanted = [Wanted("Cover is confirmed", "Petra", due, blocking=False)]
    sign_off(plan, phase, roles["on-call"], "conditional", by=cast["thon"], conditions=wanted)
    roles["security-lead"].seats.all().delete()
    roles["security-lead"].holder = "Rui Tanaka"
    roles["security-lead"].save()
    plan.refresh_from_db()
    card = panels.render(panels.get("signoffs"), plan, timezone.now(), "1")
    assert "Owner Petra." in card
    assert "21:15" in card
    assert "Does not block." in card
    assert "Rui Tanaka can sign" not in card
    assert "Nobody sits in this role now; the document names Rui Tanaka." in card


def test_the_same_condition_that_no_longer_blocks_is_another_signature(plan, phase, cast, roles):
    for blocking in (True, False, False):
        wanted = [Wanted("Cover is confirmed", blocking=blocking)]
        thon = cast["thon"]
        sign_off(plan, phase, roles["on-call"], "conditional", by=thon, conditions=wanted)
    assert SignOff.objects.count() == 2
