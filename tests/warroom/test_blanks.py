"""Blanks of a template that are still to be filled in."""

import pytest

from warroom.rules.blanks import blanks, named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('up{job="<job>",ns="<name space>"}', ["<job>", "<name space>"]),
        ("git diff <previous version>..<version>", ["<previous version>", "<version>"]),
        ("errors < 1 and latency > 2", []),
        ("errors <1 or b> 2", []),
        ("sort <in.txt >out.txt", []),
        ('label_replace(up, "a", "$1", "b", "(?P<name>.*)")', []),
        ("<job> and <job>", ["<job>"]),
    ],
)
def test_what_is_left_to_fill_in_is_named_once(text, found):
    assert blanks(text) == found


def test_many_are_counted():
    assert named(["<a>", "<b>", "<c>"], most=2) == "<a>, <b> and 1 more"
