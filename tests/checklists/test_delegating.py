"""A voter is absent: tries, deputies, one vote in other hands, and the hold (S31, S115)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions import decisions
from checklists.actions.delegating import (
    delegate_vote,
    hold_absent,
    log_try,
    take_delegation_back,
)
from checklists.actions.deputies import name_deputy, remove_deputy
from checklists.actions.gates import cast_vote
from checklists.models import Delegation, Deputy, Vote
from checklists.queries.absence import missing_votes
from checklists.queries.gates import gate_sheet
from checklists.rules.delegation import Candidate, may_vote_for, offered
from tests.conftest import make_user, seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import EscalationContact, Message, Seat


@pytest.fixture
def rin(plan, cast):
    """A security engineer without a vote of her own."""
    person = make_user("rin", email="rin@example.org")
    seat(plan, person, "security-engineer", "Security Engineer", ["tick"])
    return person


# --- the rule ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "word", "why"),
    [
        (
            Candidate("Rin", deputy="Named as deputy by Hudson on 20 Oct."),
            "yes",
            "Named as deputy by Hudson on 20 Oct. Has not voted here.",
        ),
        (
            Candidate("Alex"),
            "agreed",
            "Not a deputy. Hudson must say so in writing; attach it.",
        ),
        (
            Candidate("Thon", voted_as=("On-Call",)),
            "no",
            "Has voted as On-Call. One person votes for one role at a gate.",
        ),
        (Candidate("Thon", voted_as=("On-Call",), two_roles=True), "agreed", "Not a deputy."),
        (Candidate("Thon", signed_as=("On-Call",)), "no", "Has signed here as On-Call."),
        (Candidate("Cora", decides=True, deputy="Named."), "no", "Decides this gate."),
        (
            Candidate("Cora", author_alone=True),
            "no",
            "Wrote the plan, and nobody else has voted here.",
        ),
        (Candidate("Kim", needed_as=("Ops",)), "no", "Votes here as Ops, where nobody else sits."),
    ],
)
def test_who_may_vote_for_somebody_and_why_not(one, word, why):
    may = may_vote_for(one, "Hudson")
    assert (may.word, may.why[: len(why)]) == (word, why)


def test_a_vote_is_handed_over_some_time_after_the_opening_or_by_its_holder_at_once():
    assert offered(False, True, 10, 9.9)[0] is False
    assert offered(False, True, 10, 10.0)[0] is True
    assert offered(True, False, 10, -60.0)[0] is True


# --- deputies ------------------------------------------------------------------------------


pytestmark = pytest.mark.django_db


def test_the_holder_names_a_deputy_once_and_takes_them_off(plan, cast, roles, rin):
    for _ in range(2):
        name_deputy(plan, roles["security-lead"], rin, by=cast["hudson"])
    assert Deputy.objects.get().named_by_name == "Hudson"
    remove_deputy(plan, roles["security-lead"], rin, by=cast["cora"])
    remove_deputy(plan, roles["security-lead"], rin, by=cast["cora"])
    kinds = ["role.deputy_named", "role.deputy_removed"]
    assert list(plan.events.values_list("kind", flat=True)) == kinds


def test_only_the_holder_or_an_editor_names_deputies_and_only_who_sees_the_release(
    plan, cast, roles, rin
):
    with pytest.raises(NotAllowed):
        name_deputy(plan, roles["security-lead"], rin, by=cast["thon"])
    with pytest.raises(Invalid, match="no seat"):
        name_deputy(plan, roles["security-lead"], cast["stranger"], by=cast["hudson"])
    with pytest.raises(Invalid, match="already"):
        name_deputy(plan, roles["security-lead"], cast["hudson"], by=cast["hudson"])


# --- one vote in other hands ---------------------------------------------------------------


@pytest.fixture
def deputy(plan, cast, roles, rin):
    name_deputy(plan, roles["security-lead"], rin, by=cast["hudson"])
    return rin


def ask(gate, roles, to, by, **more):
    return delegate_vote(gate, roles["security-lead"], to, "Does not answer.", by=by, **more)


def test_a_deputy_votes_for_the_absent_holder_and_it_is_marked(plan, gate, cast, roles, deputy):
    """S115: the vote is handed over on record, with a letter, and says for whom it is."""
    asked = ask(gate, roles, deputy, cast["cora"])
    vote = cast_vote(gate, roles["security-lead"], "go", by=deputy)
    assert (vote.delegation, vote.person_name) == (asked, "Rin")
    row = next(r for r in gate_sheet(gate, timezone.now()).votes if r.role.key == "security-lead")
    assert row.for_whom == "Hudson"
    letter = Message.objects.get(key=f"delegation:{asked.pk}")
    assert letter.to == "rin@example.org" and "for Hudson" in letter.subject
    assert [event.kind for event in plan.events.order_by("seq")][-2:] == [
        "vote.delegated",
        "vote.cast",
    ]
    assert "votes go for Hudson" in plan.events.last().text


def test_the_same_delegation_twice_is_one_and_another_one_ends_it(plan, gate, cast, roles, deputy):
    first = ask(gate, roles, deputy, cast["cora"])
    assert ask(gate, roles, deputy, cast["cora"]) == first
    other = ask(gate, roles, cast["forge"], cast["cora"], agreed="Forge votes for me. Hudson")
    first.refresh_from_db()
    assert first.ended_at is not None and other.ended_at is None
    with pytest.raises(NotAllowed):
        cast_vote(gate, roles["security-lead"], "go", by=deputy)


def test_who_is_no_deputy_wants_the_holders_own_words(gate, cast, roles, rin):
    with pytest.raises(Invalid) as wrong:
        ask(gate, roles, rin, cast["cora"])
    assert wrong.value.field == "agreed"
    assert ask(gate, roles, rin, cast["cora"], agreed="Rin votes. Hudson, 20:50").agreed


def test_who_voted_or_decides_is_not_asked(gate, cast, roles):
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    for name in ("thon", "cora"):
        with pytest.raises(Invalid) as wrong:
            ask(gate, roles, cast[name], cast["cora"], agreed="Yes.")
        assert wrong.value.field == "to"


def test_nobody_else_hands_over_a_vote_and_not_before_its_time(plan, gate, cast, roles, deputy):
    with pytest.raises(NotAllowed):
        ask(gate, roles, deputy, cast["thon"])
    plan.t0 = timezone.now() - timedelta(minutes=9)
    plan.save(update_fields=["t0"])
    gate.offset_s = 0
    gate.save(update_fields=["offset_s"])
    with pytest.raises(Refused, match="too early"):
        ask(gate, roles, deputy, cast["cora"])
    assert ask(gate, roles, deputy, cast["hudson"])  # the holder may at any time


def test_a_vote_that_is_in_is_not_handed_over(gate, cast, roles, deputy):
    cast_vote(gate, roles["security-lead"], "go", by=cast["hudson"])
    with pytest.raises(Refused, match="Hudson has voted"):
        ask(gate, roles, deputy, cast["cora"])


def test_the_holders_own_vote_ends_the_delegation(plan, gate, cast, roles, deputy):
    ask(gate, roles, deputy, cast["cora"])
    cast_vote(gate, roles["security-lead"], "go", by=deputy)
    own = cast_vote(gate, roles["security-lead"], "no-go", by=cast["hudson"], reason="Wait")
    assert own.supersedes.person == deputy
    assert Delegation.objects.get().ended_at is not None
    assert "Rin votes for Hudson no more." in plan.events.last().text
    with pytest.raises(NotAllowed):
        cast_vote(gate, roles["security-lead"], "go", by=deputy)


def test_a_delegation_is_taken_back_once(plan, gate, cast, roles, deputy):
    asked = ask(gate, roles, deputy, cast["cora"])
    asked.gate = gate
    with pytest.raises(NotAllowed):
        take_delegation_back(asked, by=cast["thon"])
    take_delegation_back(asked, by=cast["hudson"])
    take_delegation_back(asked, by=cast["hudson"])
    assert plan.events.filter(kind="vote.taken_back").count() == 1


def test_a_role_that_does_not_vote_here_is_refused(gate, cast, roles):
    gate.voters = ["on-call"]
    gate.save(update_fields=["voters"])
    with pytest.raises(NotAllowed, match="does not vote"):
        cast_vote(gate, roles["security-lead"], "go", by=cast["hudson"])


# --- tries, and hold -----------------------------------------------------------------------


def test_tries_are_counted_and_frozen_with_the_hold(plan, gate, cast, roles, deputy):
    """S31: the absence, the tries and the rule in words stand in the evidence."""
    for result in ("No answer", "Not acknowledged"):
        log_try(gate, roles["security-lead"], "Call", result, by=cast["thon"])
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    ask(gate, roles, deputy, cast["cora"])
    held = hold_absent(gate, by=cast["cora"])
    assert held.rationale == (
        "Deployment Lead absent, not tried to reach; Security Lead absent, 2 tries."
    )
    evidence = held.evidence
    assert [one["result"] for one in evidence["tries"]] == ["No answer", "Not acknowledged"]
    assert evidence["delegations"][0]["to"] == "Rin"
    assert evidence["quorum"]["gate_version"] == 1


def test_who_is_absent_is_read_under_the_lock(gate, cast, roles, monkeypatch):
    """All votes come in between the click and the lock: nobody is absent any more."""
    begun = decisions.change

    def late(*args, **more):
        for name, key in (("cora", "deployment-lead"), ("thon", "on-call")):
            cast_vote(gate, roles[key], "go", by=cast[name])
        cast_vote(gate, roles["security-lead"], "go", by=cast["hudson"])
        return begun(*args, **more)

    monkeypatch.setattr(decisions, "change", late)
    with pytest.raises(Refused, match="nobody is absent"):
        hold_absent(gate, by=cast["cora"])
    assert not gate.decisions.exists()


def test_a_try_sent_twice_is_one_and_wants_words(gate, cast, roles):
    role = roles["security-lead"]
    for _ in range(3):
        log_try(gate, role, "Call", "No answer", by=cast["thon"], request_id="r1")
    assert gate.tries.count() == 1
    with pytest.raises(Invalid):
        log_try(gate, role, "Call", " ", by=cast["thon"])
    with pytest.raises(NotAllowed):
        log_try(gate, role, "Call", "No answer", by=cast["forge"])


def test_contacts_are_found_by_name_and_else_the_account_gives_its_mail(plan, gate, cast, roles):
    cast["thon"].email = "thon@example.org"
    cast["thon"].save()
    reach = [{"way": "phone", "to": "+1 555 0163"}, {"way": "chat", "to": "#hudson"}]
    EscalationContact.objects.create(plan=plan, name="Hudson", reach=reach, availability="nights")
    people = {
        one.role.key: one.people[0] for one in missing_votes(gate_sheet(gate, timezone.now()))
    }
    assert [way.url for way in people["security-lead"].ways] == ["tel:+15550163", ""]
    assert [way.url for way in people["on-call"].ways] == ["mailto:thon@example.org"]


# --- the page ------------------------------------------------------------------------------


def test_the_page_goes_from_a_try_to_the_delegates_vote(plan, gate, cast, client_of, deputy):
    cora, rin = client_of(cast["cora"]), client_of(deputy)
    page = f"/plans/{plan.slug}/gates/gate-1/"
    said = {"role": "security-lead", "how": "Call", "result": "No answer"}
    assert cora.post(f"{page}tries", said).status_code == 302
    text = cora.get(f"{page}absent?role=security-lead").content.decode()
    assert "Named as deputy by Hudson" in text and "does not answer since" in text
    said = {"role": "security-lead", "to": "rin", "reason": "Does not answer, 1 try."}
    assert cora.post(f"{page}delegations", said).status_code == 302
    shown = rin.get(page).content.decode()
    assert "asks you to vote as Security Lead for Hudson" in shown
    vote = {"role": "security-lead", "vote": "go"}
    assert rin.post(f"{page}votes", vote).status_code == 302
    assert Vote.objects.get().delegation is not None
    assert "Rin</b> for Hudson" in cora.get(page).content.decode()


def test_wrong_input_loses_nothing_that_was_typed(plan, gate, cast, client_of, rin):
    cora = client_of(cast["cora"])
    said = {"role": "security-lead", "to": "rin", "reason": "He is in the air until noon."}
    answer = cora.post(f"/plans/{plan.slug}/gates/gate-1/delegations", said)
    assert answer.status_code == 422
    assert "He is in the air until noon." in answer.content.decode()
    assert "Attach what Hudson wrote" in answer.content.decode()


def test_recording_the_absence_never_asks_for_the_password(plan, gate, cast, client_of):
    cora = client_of(cast["cora"])
    session = cora.session
    session["password_at"] = 0
    session.save()
    page = f"/plans/{plan.slug}/gates/gate-1/"
    assert cora.post(f"{page}absent").status_code == 302
    said = {"role": "security-lead", "to": "forge", "reason": "Away.", "agreed": "Forge votes."}
    assert cora.post(f"{page}delegations", said).status_code == 403
    assert not Delegation.objects.exists()


@pytest.mark.django_db
def test_who_was_asked_and_decides_by_now_does_not_vote_for_somebody(plan, gate, cast, rin, roles):
    asked = {"by": cast["cora"], "agreed": "Rin may vote for me tonight"}
    delegate_vote(gate, roles["security-lead"], rin, "Hudson is on a plane", **asked)
    for word in ("abstain", "go"):
        cast_vote(gate, roles["security-lead"], word, by=rin)
    Seat.objects.create(role=roles["deployment-lead"], user=rin)
    with pytest.raises(NotAllowed, match="Decides this gate"):
        cast_vote(gate, roles["security-lead"], "abstain", by=rin)


@pytest.mark.django_db
def test_a_deputy_who_is_none_any_more_does_not_vote_for_somebody(plan, gate, cast, rin, roles):
    name_deputy(plan, roles["security-lead"], rin, by=cast["hudson"])
    delegate_vote(gate, roles["security-lead"], rin, "Hudson is on a plane", by=cast["cora"])
    remove_deputy(plan, roles["security-lead"], rin, by=cast["cora"])
    with pytest.raises(NotAllowed, match="Not a deputy"):
        cast_vote(gate, roles["security-lead"], "go", by=rin)
