"""What a gate says to those who wait for it, in the words of each controller."""

import json

import pytest

from checklists.rules.dialects import Verdict, asked_style, asked_wait, speak


def verdict(word, **more):
    known = {"plan": "genesis-4", "gate": "gate-1", "title": "5 to 10 %", "url": "https://w/g/"}
    told = {"by": "Cora", "at": "2025-10-23T09:02:00+00:00", "recommendation": "hold"}
    return Verdict(**known, decision=word, **(told if word else {}), **more)


WORDS = ("go", "no-go", "hold", "", "closed")


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("", [200, 403, 423, 408, 403]),
        ("text", [200, 403, 423, 408, 403]),
        ("flagger", [200, 403, 403, 403, 403]),
        ("argo", [200] * 5),
        ("spinnaker", [200] * 5),
        ("github", [200] * 5),
    ],
)
def test_each_controller_gets_the_status_that_it_understands(style, said):
    assert [speak(style, verdict(word)).status for word in WORDS] == said


@pytest.mark.parametrize(
    ("style", "path", "said"),
    [
        ("argo", ("data", "phase"), ["Successful", "Failed", "Inconclusive", "Running", "Failed"]),
        ("argo", ("data", "ok"), [True, False, False, False, False]),
        ("spinnaker", ("status",), ["SUCCEEDED", "TERMINAL", "PAUSED", "RUNNING", "TERMINAL"]),
        ("github", ("state",), ["approved", "rejected", "pending", "pending", "rejected"]),
        ("", ("state",), ["go", "no-go", "hold", "pending", "closed"]),
        ("", ("decision",), ["go", "no-go", "hold", None, None]),
    ],
)
def test_each_controller_gets_the_words_that_it_understands(style, path, said):
    bodies = [json.loads(speak(style, verdict(word)).body) for word in WORDS]
    for name in path:
        bodies = [body[name] for body in bodies]
    assert bodies == said


def test_a_shell_reads_one_word_a_line():
    assert speak("text", verdict("go", evidence_sha256="3f9a")).body.decode().split() == [
        "go",
        "hold",
        "3f9a",
        "2025-10-23T09:02:00+00:00",
    ]
    assert speak("text", verdict("")).body.decode().splitlines() == ["pending", "-", "-", "-"]


@pytest.mark.parametrize("text", ["-1", "301", "1.5", "x", "", "²", "99999"])
def test_a_time_that_cannot_be_waited_is_said(text):
    with pytest.raises(ValueError, match="0 to 300"):
        asked_wait(text, "")


def test_controllers_that_give_up_after_ten_seconds_wait_less():
    assert (asked_wait(None, ""), asked_wait(None, "argo"), asked_wait("0", "")) == (30, 5, 0)
    with pytest.raises(ValueError, match="Styles are text, github, flagger, argo, spinnaker"):
        asked_style("jenkins")
