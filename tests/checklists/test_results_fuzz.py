"""Whatever is sent is answered with a reading or a WrongResult, in time that grows with it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.results.reading import Reading, WrongResult, read_result
from tests.checklists.result_samples import LOCUST_HEADER, SAMPLES
from tests.warroom.growth import assert_linear


def answered(data: bytes) -> Reading | None:
    """The reading, if there is one; every text in it can be stored, and no figure is NaN."""
    try:
        reading = read_result(data, "file")
    except WrongResult as wrong:
        assert wrong.sentence.endswith(".") and len(str(wrong)) < 1000
        str(wrong).encode()
        return None
    assert all(one.value is None or abs(one.value) < 1e16 for one in reading.figures)
    assert len(reading.text) <= 300 and len(reading.detail) <= 300
    stored = json.dumps([one.__dict__ for one in (*reading.figures, *reading.findings)])
    assert "\\u0000" not in stored and "\0" not in repr(reading)
    repr(reading).encode()
    return reading


@given(st.binary(max_size=300))
def test_any_bytes_are_answered(data):
    answered(data)


@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(
        st.tuples(st.integers(0, 4000), st.integers(0, 60), st.binary(max_size=12)), max_size=4
    ),
)
def test_a_changed_file_is_read_or_refused(name, edits):
    data = SAMPLES[name]
    for at, length, instead in edits:
        at %= len(data) + 1
        data = data[:at] + instead + data[at + length :]
    answered(data)


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 4000))
def test_a_file_cut_off_anywhere_is_read_or_refused(name, length):
    answered(SAMPLES[name][: length % len(SAMPLES[name])])


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def replaced(draw) -> bytes:
    """A sample in JSON with one of its parts, however deep, replaced by any other."""
    name = draw(st.sampled_from(["sarif", "bandit", "semgrep", "trivy", "k6-export", "k6-handle",
                                 "coverage.py", "istanbul"]))  # fmt: skip
    document = json.loads(SAMPLES[name])
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else range(len(here))
        if not keys:
            break
        key = draw(st.sampled_from(list(keys)))
        if not isinstance(here[key], dict | list) or draw(st.integers(0, 3)) == 0:
            here[key] = draw(JSONS)
            break
        here = here[key]
    return json.dumps(document).encode()


@given(replaced())
def test_a_part_of_another_type_is_read_or_refused(data):
    answered(data)


SCAN = '{{"version": "2.1.0", "runs": [{{"tool": {{}}, "results": [{}]}}]}}'
GROWN = {
    "junit": lambda n: _within("testsuite", '<testcase name="a/b"><failure/></testcase>' * n),
    "nested": lambda n: _within("testsuite", "<a><b/></a>" * n + "<testcase/>"),
    "cobertura": lambda n: _within("coverage", "<line hits='1'/>" * n),
    "lcov": lambda n: "SF:a\n" + "DA:1,1\n" * n + "end_of_record\n",
    "go": lambda n: "mode: set\n" + "".join(f"a.go:{i}.1,2.2 1 1\n" for i in range(n)),
    "locust": lambda n: f"{LOCUST_HEADER}\n" + ("GET,/a," + "1," * 19 + "1\n") * n,
    "sarif": lambda n: SCAN.format(", ".join(['{"ruleId": "R", "message": {"text": "m"}}'] * n)),
    "quotes": lambda n: SCAN.format('{"message": {"text": "password ' + "'" * n + '"}}'),
    "k6": lambda n: json.dumps(
        {"root_group": {"groups": [{"checks": [{"passes": 1, "fails": 2}]}] * n},
         "metrics": {f"m{i}": {"thresholds": {"a": False}} for i in range(n)}}
    ),
}  # fmt: skip


def _within(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


@pytest.mark.parametrize("name", GROWN)
def test_the_work_grows_with_the_file(name):
    def work(size: int) -> None:
        answered(GROWN[name](size).encode())

    assert_linear(work, 400)
