"""What a look finds: each stale fragment once, nothing that only ran on with the clock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from warroom.actions.timeline import add_note
from warroom.live import fragments, kept, panels
from warroom.live.fragments import Newcomer, Question, look


def question(plan, **fields) -> Question:
    known = {
        "plan_id": plan.pk,
        "seq": plan.timeline_seq,
        "places": frozenset({"room"}),
        "newcomers": frozenset(),
        "rung": frozenset(),
        "due": frozenset(),
        "kept": {},
    }
    return Question(**known | fields)


def test_no_news_is_one_statement(plan, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert look([question(plan)]) == {}


def test_many_plans_without_news_are_still_one_statement(plan, django_assert_num_queries):
    others = [type(plan).objects.create(slug=f"p{n}", name=f"P{n}") for n in range(20)]
    with django_assert_num_queries(1):
        assert look([question(one) for one in others]) == {}


def test_each_fragment_is_rendered_once_for_all_places_and_newcomers(plan, cast, monkeypatch):
    for number in range(3):
        add_note(plan, f"note {number}", by=cast["cora"])
    rendered = []
    real = panels.render

    def counted(panel, *rest):
        rendered.append(panel.name)
        return real(panel, *rest)

    monkeypatch.setattr(panels, "render", counted)
    newcomers = frozenset(
        Newcomer(place, after) for place in ("room", "all") for after in (0, 1, 2)
    )
    told = look([question(plan, seq=0, places=frozenset({"room", "all"}), newcomers=newcomers)])[
        plan.pk
    ]
    assert rendered.count("feed") == 1
    assert told.seq == 3
    assert all('data-live="feed"' in html for html in told.welcome.values())
    assert told.broadcast["room"].count('data-live="feed"') == 1


def test_a_clock_that_ran_on_is_no_news(plan):
    plan.t0 = timezone.now() - timedelta(hours=2)
    plan.save()
    first = look([question(plan, due=frozenset({"strip", "verdict"}))])[plan.pk]
    assert 'data-live="strip"' in first.broadcast["room"]
    again = look([question(plan, due=frozenset({"strip", "verdict"}), kept=first.kept)])[plan.pk]
    assert again.broadcast["room"] == ""


def test_a_verdict_that_grew_old_is_news_though_nothing_was_written(plan):
    plan.verdict, plan.verdict_valid_until = "proceed", timezone.now() + timedelta(seconds=60)
    plan.save()
    ask = {"due": frozenset({"strip"})}
    first = look([question(plan, **ask)])[plan.pk]
    type(plan).objects.update(verdict_valid_until=timezone.now() - timedelta(seconds=1))
    again = look([question(plan, kept=first.kept, **ask)])[plan.pk]
    assert "HOLD" in again.broadcast["room"]


def test_what_only_a_newcomer_was_told_is_still_told_to_the_others(plan):
    plan.verdict, plan.verdict_valid_until = "proceed", timezone.now() + timedelta(seconds=60)
    plan.save()
    first = look([question(plan, due=frozenset({"strip"}))])[plan.pk]
    type(plan).objects.update(verdict_valid_until=timezone.now() - timedelta(seconds=1))
    newcomer = Newcomer("room", plan.timeline_seq)
    joined = look([question(plan, newcomers=frozenset({newcomer}), kept=first.kept)])[plan.pk]
    assert "HOLD" in joined.welcome[newcomer]  # its page may have been painted before it turned
    known = {**first.kept, **joined.kept}
    later = look([question(plan, due=frozenset({"strip"}), kept=known)])[plan.pk]
    assert "HOLD" in later.broadcast["room"]


def test_a_page_is_never_painted_older_than_what_others_were_told(plan, settings):
    settings.KEEP_FRAGMENTS = True
    kept.forget()
    plan.verdict, plan.verdict_valid_until = "proceed", timezone.now() + timedelta(seconds=60)
    plan.save()
    strip = panels.get("strip")
    assert "PROCEED" in kept.render(strip, plan, timezone.now())
    type(plan).objects.update(verdict_valid_until=timezone.now() - timedelta(seconds=1))
    look([question(plan, due=frozenset({"strip"}))])
    assert "HOLD" in kept.render(strip, plan, timezone.now())
    kept.forget()


def test_a_panel_that_breaks_silences_no_other(plan, cast, monkeypatch):
    add_note(plan, "still seen", by=cast["cora"])

    def broken(*args):
        raise RuntimeError("template")

    monkeypatch.setattr(panels.get("needs"), "context", broken)
    told = look([question(plan, seq=0)])[plan.pk]
    assert "still seen" in told.broadcast["room"]


def test_what_has_nothing_to_show_gives_up_its_place(plan, cast, monkeypatch):
    add_note(plan, "x", by=cast["cora"])
    monkeypatch.setattr(panels.get("needs"), "context", lambda *args: None)
    told = look([question(plan, seq=0)])[plan.pk]
    assert (
        '<div id="needs" data-live="needs" data-seq="1" hidden></div>' in (told.broadcast["room"])
    )


@pytest.mark.parametrize("after", [0, 99])
def test_who_is_too_old_or_ahead_is_told_to_load_anew_and_nobody_else(
    plan, cast, monkeypatch, after
):
    monkeypatch.setattr(fragments, "FAR_BEHIND", 2)
    for number in range(4):
        add_note(plan, f"note {number}", by=cast["cora"])
    lost, near = Newcomer("room", after), Newcomer("room", 3)
    plan.refresh_from_db()
    told = look([question(plan, newcomers=frozenset({lost, near}))])[plan.pk]
    assert told.lost == {lost}
    assert 'data-live="about"' in told.welcome[lost]
    assert 'data-live="about"' not in told.welcome[near]
    assert 'data-live="feed"' in told.welcome[near]
    assert not told.all_lost


@pytest.mark.parametrize("after", ["", "0", "99999"])
def test_the_snapshot_catches_up(plan, cast, client_of, after):
    add_note(plan, "said before", by=cast["cora"])
    answer = client_of(cast["vera"]).get(f"/plans/{plan.slug}/live/snapshot?after={after}")
    assert answer.status_code == 200
    assert answer["X-Warroom-Seq"] == "1"
    assert "no-store" in answer["Cache-Control"]
    assert b"said before" in answer.content
    assert answer.has_header("X-Warroom-Reload") == (after == "99999")


def test_the_snapshot_is_nobodys_who_has_no_seat(plan, cast, client, client_of):
    path = f"/plans/{plan.slug}/live/snapshot"
    assert client_of(cast["stranger"]).get(path).status_code == 404
    assert client.get(path).status_code == 302
    assert client_of(cast["vera"]).get(f"{path}?after=x").status_code == 400
    assert client_of(cast["vera"]).post(path).status_code == 405
