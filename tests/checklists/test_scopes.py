"""What can be signed: phases, gates, the whole release, and that it is stable. S17 S32 S83 S145."""

import html
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checklists.actions.conditions import Wanted, close_condition
from checklists.actions.editing import edit_item
from checklists.actions.gates import cast_vote
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off, withdraw_signature
from checklists.models import Condition, SignOff
from checklists.queries.scopes import Scope, find_scope
from checklists.queries.signoffs import condition_rows, signatures
from checklists.rules import signoffs as rules
from tests.conftest import make_item, make_plan, seat
from warroom.actions.lifecycle import take_step
from warroom.actions.refusals import Invalid, Refused
from warroom.live import panels
from warroom.live.needs import needs
from warroom.models import DeploymentPlan, Lifecycle

pytestmark = pytest.mark.django_db
STABLE = {"declaration": "stable"}


@pytest.fixture
def watched(plan):
    """Watched for two days and a minute."""
    plan.lifecycle = Lifecycle.WATCHING
    plan.lifecycle_at = timezone.now() - timedelta(hours=48, minutes=1)
    plan.save()
    return plan


def put(plan, **fields):
    """Set fields past any action. A save would put the head of the timeline back."""
    DeploymentPlan.objects.filter(pk=plan.pk).update(**fields)
    plan.refresh_from_db()


def sign(plan, roles, cast, name, key, word="approved", phase=None, **more):
    return sign_off(plan, phase, roles[key], word, by=cast[name], **more)


@pytest.mark.parametrize("key", ["1", "at-gate-1", "plan", "stable"])
def test_every_scope_is_found_by_its_key(plan, phase, gate, key):
    assert find_scope(plan, key).key == key


@pytest.mark.parametrize("key", ["", "2", "at-gate-2", "at-", "whole", "٣", "9" * 30])
def test_a_scope_of_nothing_is_none(plan, phase, gate, key):
    assert find_scope(plan, key) is None


def test_a_gate_is_signed_beside_its_votes(plan, gate, cast, roles):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    signed = sign(plan, roles, cast, "thon", "on-call", gate=gate)
    assert "approve gate 5 to 10 % with no items" in signed.statement
    assert plan.events.last().data["scope"] == "at-gate-1"
    given = signatures(plan).given(Scope(gate=gate))
    assert [one.role.key for one in given if one.stands] == ["on-call"]
    assert not any(one.signoff for one in signatures(plan).given(Scope()))


def test_who_voted_for_one_role_does_not_sign_the_gate_for_another(plan, gate, cast, roles):
    """Scenario 54, law 10."""
    seat(plan, cast["thon"], "security-lead", "Security Lead", [])
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    with pytest.raises(Refused, match="does not sign for two roles"):
        sign(plan, roles, cast, "thon", "security-lead", gate=gate)
    put(plan, two_roles=["thon"])
    assert sign(plan, roles, cast, "thon", "security-lead", gate=gate)


def test_the_author_is_not_the_only_one_to_approve_a_gate(plan, gate, cast, roles):
    put(plan, author=cast["cora"])
    with pytest.raises(Refused, match="You wrote this plan"):
        sign(plan, roles, cast, "cora", "deployment-lead", gate=gate)
    sign(plan, roles, cast, "thon", "on-call", gate=gate)
    assert sign(plan, roles, cast, "cora", "deployment-lead", gate=gate)


def test_a_plan_that_asks_for_scores_gets_one_with_every_approval(plan, phase, cast, roles):
    put(plan, score_max=10)
    with pytest.raises(Invalid, match="asks for a score, 0 to 10"):
        sign(plan, roles, cast, "thon", "on-call", phase=phase)
    with pytest.raises(Invalid, match="between 0 and 10"):
        sign(plan, roles, cast, "thon", "on-call", phase=phase, score=Decimal("10.5"))
    signed = sign(plan, roles, cast, "thon", "on-call", phase=phase, score=Decimal("8.50"))
    assert signed.statement.endswith("Score: 8.5 of 10.")
    shown = panels.render(panels.get("signoffs"), plan, timezone.now(), "1")
    assert "score 8.5 of 10" in shown
    sign(plan, roles, cast, "hudson", "security-lead", "rejected", phase=phase, comment="No.")


def test_the_statement_names_required_items_that_were_skipped(plan, phase, cast, roles):
    make_item(phase, 1, "Backup verified", state="skipped")
    make_item(phase, 2, "Logs archived", state="skipped", required=False)
    signed = sign(plan, roles, cast, "thon", "on-call", phase=phase)
    assert "2 of 2 items closed" in signed.statement
    assert "Left out: 1.1" in signed.statement
    assert "1.2" not in signed.statement


def test_open_blocking_conditions_hold_the_final_sign_off(plan, phase, cast, roles):
    """S32, S85: what somebody was promised comes before the last word."""
    wanted = [Wanted("Cover is confirmed"), Wanted("Logs archived", blocking=False)]
    sign(plan, roles, cast, "thon", "on-call", "conditional", phase, conditions=wanted)
    with pytest.raises(Refused, match="Condition 1 is open and blocking"):
        sign(plan, roles, cast, "hudson", "security-lead")
    assert sign(plan, roles, cast, "hudson", "security-lead", "rejected", comment="Not yet.")
    close_condition(Condition.objects.get(number=1), "Finn covers.", by=cast["thon"])
    assert sign(plan, roles, cast, "hudson", "security-lead").word == "approved"


def test_a_role_may_replace_its_own_conditional_word(plan, cast, roles):
    wanted = [Wanted("Cover is confirmed")]
    sign(plan, roles, cast, "thon", "on-call", "conditional", conditions=wanted)
    assert sign(plan, roles, cast, "thon", "on-call").supersedes.word == "conditional"
    assert [row.void for row in condition_rows(plan)] == [
        "a newer word of the same role replaces it"
    ]


def test_the_condition_of_a_signature_that_was_taken_back_holds_nothing(plan, cast, roles):
    signed = sign(
        plan, roles, cast, "thon", "on-call", "conditional", conditions=[Wanted("Re-read")]
    )
    withdraw_signature(signed, by=cast["thon"])
    assert sign(plan, roles, cast, "hudson", "security-lead")


def test_stable_waits_until_it_was_watched_for_its_time(plan, cast, roles):
    """S145: "production stable" after 48 hours."""
    with pytest.raises(Refused, match="Nobody watches this release yet"):
        sign(plan, roles, cast, "thon", "on-call", **STABLE)
    put(plan, lifecycle="watching", lifecycle_at=timezone.now() - timedelta(hours=47))
    with pytest.raises(Refused, match=r"watched for 48 h .* from now"):
        sign(plan, roles, cast, "thon", "on-call", **STABLE)
    put(plan, lifecycle_at=timezone.now() - timedelta(hours=48))
    assert (
        "declare the release stable"
        in sign(plan, roles, cast, "thon", "on-call", **STABLE).statement
    )


def test_the_release_is_stable_once_every_role_has_said_so(watched, cast, roles):
    """S39, S145: the plan's last sign-off; one event, which turns the release."""
    sign(watched, roles, cast, "thon", "on-call", **STABLE)
    sign(watched, roles, cast, "hudson", "security-lead", **STABLE)
    assert DeploymentPlan.objects.get().lifecycle == Lifecycle.WATCHING
    count = watched.events.count()
    sign(watched, roles, cast, "cora", "deployment-lead", **STABLE)
    plan = DeploymentPlan.objects.get()
    assert plan.lifecycle == Lifecycle.STABLE
    assert plan.events.count() == count + 1
    assert plan.events.last().kind == "plan.stable"


def test_who_refuses_to_call_it_stable_keeps_it_watched(watched, cast, roles):
    sign(watched, roles, cast, "thon", "on-call", **STABLE)
    sign(watched, roles, cast, "cora", "deployment-lead", **STABLE)
    sign(watched, roles, cast, "hudson", "security-lead", "rejected", comment="Leaks.", **STABLE)
    assert DeploymentPlan.objects.get().lifecycle == Lifecycle.WATCHING


def test_an_item_that_is_reopened_takes_the_declaration_back(watched, phase, cast, roles):
    item = make_item(phase, 1, "Logs quiet", state="done")
    sign(watched, roles, cast, "thon", "on-call", **STABLE)
    set_item_state(item, "open", by=cast["forge"])
    assert SignOff.objects.get().revocation.sentence.startswith("Revoked by the later change")


@pytest.mark.parametrize("scope", ["at-gate-1", "stable"])
def test_every_scope_is_signed_in_the_page_with_and_without_script(
    watched, phase, gate, cast, roles, client_of, scope
):
    data = {"scope": scope, "role": "on-call", "decision": "approved", "request_id": "x"}
    client, path = client_of(cast["thon"]), f"/plans/{watched.slug}/signoffs"
    client.session["password_at"] = 0
    first = client.post(path, data | {"decision": "rejected"})
    assert first.status_code in (302, 403, 422)
    session = client.session
    session["password_at"] = timezone.now().timestamp()
    session.save()
    wrong = client.post(path, data | {"decision": "rejected"})
    assert wrong.status_code == 422
    assert "wants its reason" in wrong.content.decode()
    done = client.post(path, data)
    assert done.status_code == 302
    page = client.get(done.url.partition("#")[0]).content.decode()
    assert "Withdraw my signature as On-Call" in page
    again = client.post(path, data | {"request_id": "y"}, headers={"HX-Request": "true"})
    assert f'id="signoffs-{scope}"' in again.content.decode()
    assert SignOff.objects.count() == 1


def test_a_scope_of_another_release_is_not_found(plan, gate, cast, client_of):
    """Scenario 52."""
    other = make_plan("other")
    seat(other, cast["thon"], "on-call", "On-Call", ["sign"])
    data = {"scope": "at-gate-1", "role": "on-call", "decision": "approved"}
    assert client_of(cast["thon"]).post("/plans/other/signoffs", data).status_code == 404


def test_what_a_form_may_not_say_is_not_heard(plan, phase, cast, roles, client_of):
    """Scenario 53: the person, the time and the statement are never the form's."""
    data = {"scope": "1", "role": "on-call", "decision": "approved", "person": cast["cora"].pk}
    data |= {"statement": "I sign everything", "at": "2020-01-01", "person_name": "Cora"}
    client = client_of(cast["thon"])
    session = client.session
    session["password_at"] = timezone.now().timestamp()
    session.save()
    client.post(f"/plans/{plan.slug}/signoffs", data)
    signed = SignOff.objects.get()
    assert (signed.person, signed.person_name) == (cast["thon"], "Thon")
    assert signed.statement.startswith("I, Thon, as On-Call")
    assert signed.at.year != 2020


def test_the_database_keeps_a_signature_under_a_gate_as_it_was(plan, gate, cast, roles):
    signed = sign(plan, roles, cast, "thon", "on-call", gate=gate)
    for change in (
        lambda: SignOff.objects.filter(pk=signed.pk).update(declaration="stable"),
        lambda: SignOff.objects.filter(pk=signed.pk)._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_the_conditions_of_the_release_stand_on_the_page_of_its_last_signatures(
    plan, phase, cast, roles, client_of
):
    sign(plan, roles, cast, "thon", "on-call", "conditional", phase, conditions=[Wanted("Cover")])
    page = client_of(cast["hudson"]).get(f"/plans/{plan.slug}/checklist/?phase=plan")
    assert "Holds the final sign-off until it is met" in page.content.decode()


@pytest.mark.parametrize(
    ("since_h", "says"), [(None, "Nobody watches"), (47, "1 h from now"), (48, None), (60, None)]
)
def test_too_early_is_said_with_what_is_left(since_h, says):
    now = timezone.now()
    since = None if since_h is None else now - timedelta(hours=since_h)
    sentence = rules.too_early(since, 48, now, "approved")
    assert (says is None and sentence is None) or says.replace("1 h", "60 min") in sentence
    assert rules.too_early(since, 48, now, "rejected") is None


def test_an_open_condition_waits_for_its_owner_else_for_the_role_that_set_it(
    plan, phase, cast, roles
):
    wanted = [Wanted("Cover is confirmed", owner="Forge"), Wanted("Limits re-read")]
    sign(plan, roles, cast, "hudson", "security-lead", "conditional", phase, conditions=wanted)
    asked = {need.title: need.key for need in needs(plan, timezone.now())}
    assert asked["Meet condition 1: Cover is confirmed"] == "role-member"
    assert asked["Meet condition 2: Limits re-read"] == "role-security-lead"
    close_condition(Condition.objects.get(number=1), "Done.", by=cast["thon"])
    assert not any(need.short == "condition 1" for need in needs(plan, timezone.now()))


def test_what_was_declared_before_a_reopening_counts_no_more(watched, cast, roles):
    lead = ("cora", "deployment-lead")
    for name, key in (("thon", "on-call"), ("hudson", "security-lead"), lead):
        sign(watched, roles, cast, name, key, **STABLE)
    take_step(watched, "reopen", by=cast["cora"], reason="Errors came back.")
    DeploymentPlan.objects.update(lifecycle_at=timezone.now() - timedelta(hours=49))
    watched.refresh_from_db()
    assert not any(one.stands for one in signatures(watched).given(Scope(declaration="stable")))
    sign(watched, roles, cast, "thon", "on-call", comment="Again.", **STABLE)
    assert DeploymentPlan.objects.get().lifecycle == Lifecycle.WATCHING


def test_nobody_signs_a_list_that_they_have_not_seen(plan, phase, item, cast, roles):
    """Law 3: the form carries what its reader saw. Progress is no other list, an edit is one."""
    plan.refresh_from_db()
    seen = plan.timeline_seq
    other = make_item(phase, 2, "Limits re-read")
    set_item_state(other, "done", by=cast["forge"])
    sign(plan, roles, cast, "hudson", "security-lead", phase=phase, seen=seen)
    edit_item(other, {"text": "Limits lowered"}, by=cast["cora"])
    with pytest.raises(Refused, match=r"The list changed since you saw it: .*Limits"):
        sign(plan, roles, cast, "thon", "on-call", phase=phase, seen=seen)
    plan.refresh_from_db()
    assert sign(plan, roles, cast, "thon", "on-call", phase=phase, seen=plan.timeline_seq)


@pytest.mark.parametrize("scope", ["1", "at-gate-1", "plan"])
def test_the_statement_that_is_signed_is_shown_before(
    plan, phase, item, gate, cast, roles, client_of, scope
):
    """Word for word as it is stored when a plain approval is given."""
    at_gate = scope.startswith("at-")
    page = f"gates/{gate.key}/" if at_gate else f"checklist/?phase={scope}"
    shown = html.unescape(
        client_of(cast["thon"]).get(f"/plans/{plan.slug}/{page}").content.decode()
    )
    found = find_scope(plan, scope)
    signed = sign(plan, roles, cast, "thon", "on-call", phase=found.phase, gate=found.gate)
    assert f"“{signed.statement}”" in shown
