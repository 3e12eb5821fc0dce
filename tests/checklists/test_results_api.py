"""Results out of pipelines: values and files, and what is answered when one is wrong."""

import json
import logging
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from checklists.models import Evidence, Result
from tests.conftest import make_plan
from warroom.actions.tokens import make_token
from warroom.bodies import MB, limit_of

pytestmark = pytest.mark.django_db
BASE = "/api/v1/plans/genesis-4/evidence"
XML = b'<testsuite name="a" tests="2"><testcase name="b"/><testcase name="c"/></testsuite>'


@pytest.fixture
def post(client, cast):
    """``post({...})`` sends JSON, ``post(file=b"")`` a form, ``post(raw=b"")`` the body alone."""
    token = make_token(cast["forge"], ["evidence", "read"], None)[1]

    def send(body=None, *, file=None, raw=None, query="", mime="application/xml", **more):
        headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
        address = f"{BASE}{query}"
        if file is not None:
            upload = SimpleUploadedFile(more.pop("name", "junit.xml"), file)
            answer = client.post(address, {"file": upload, **more}, headers=headers)
        else:
            data = raw if raw is not None else json.dumps(body)
            kind = mime if raw is not None else "application/json"
            answer = client.generic("POST", address, data, content_type=kind, headers=headers)
        return answer.status_code, json.loads(answer.content)

    send.headers = {"authorization": f"Bearer {token}"}
    return send


def test_a_value_is_answered_with_the_verdict_that_it_feeds(post, criterion):
    """S40: what a criterion of the meeting rests on comes in by one call."""
    status, answer = post({"key": "error-rate", "value": 0.04, "unit": "%"})
    verdict = answer["verdicts"][0]
    assert (status, verdict["gate"], verdict["band"]) == (201, "gate-1", "green")
    assert verdict["sentence"].startswith("Error rate is 0.04 %")
    assert answer["url"].endswith("/plans/genesis-4/evidence/1/")


def test_a_file_comes_as_a_form_or_as_the_body_and_is_one_result(post):
    """Scenario 9: the same file is one result, whatever way it takes."""
    assert post(file=XML)[0] == 201
    assert post(raw=XML, query="?name=junit.xml")[0] == 200
    assert post(file=XML, prefix="other")[0] == 201
    assert Result.objects.count() == 2


def test_a_request_with_a_key_is_carried_out_once(post):
    """Scenario 12."""
    asked, headers = {"key": "a", "value": 1}, {"Idempotency-Key": "k1"}
    assert [post(asked, headers=headers)[0] for _ in range(2)] == [201, 200]
    late = {"asked": XML, "query": "?name=j.xml"}
    sent = [post(raw=late["asked"], query=late["query"], headers=headers)[0] for _ in range(2)]
    assert sent == [201, 200]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"key": "a", "value": NaN}', "value"),
        ('{"key": "a", "value": 1e999}', "value"),
        ('{"key": "a", "value": "12"}', "value"),
        ('{"key": "a", "value": null}', "value"),
        ('{"key": "a"}', "value"),
        ('{"value": 1}', "key"),
        ('{"key": "a b", "value": 1}', "key"),
        ('{"key": "a", "value": 1, "observed_at": "2999-01-01T00:00:00Z"}', "observed_at"),
        ('{"key": "a", "value": 1, "observed_at": "9999-12-31T23:59:59-14:00"}', "observed_at"),
        ('{"key": "a", "value": 1, "observed_at": "soon"}', "observed_at"),
        ('{"key": "a", "value": 1, "valid_for": "soon"}', "valid_for"),
        ('{"key": "a", "value": 1, "valid_for": -4}', "valid_for"),
        ('{"key": "a", "value": 1, "url": "javascript:alert(1)"}', "url"),
        ('{"key": "a\\u0000", "value": 1}', "key"),
        ("[1]", "key"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(post, body, field):
    status, answer = post(raw=body.encode(), mime="application/json")
    assert (status, answer["field"]) == (422, field)
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?name=j.xml&observed_at=soon", "observed_at"),
        ("?name=j.xml&valid_for=soon", "valid_for"),
        ("?name=j.xml&prefix=a.b", "prefix"),
        ("?name=j.xml&kind=sarif", "file"),
        ("?name=j.xml&commit=" + "a" * 65, "commit"),
    ],
)
def test_what_is_said_wrongly_of_a_file_is_refused_by_its_field(post, query, field):
    status, answer = post(raw=XML, query=query)
    assert (status, answer["field"]) == (422, field)


def test_a_file_that_cannot_be_read_is_refused_with_its_line_and_told_once(post, plan):
    for _ in range(30):
        status, answer = post(raw=XML[:40], query="?name=junit.xml")
    assert (status, answer["line"], answer["field"]) == (422, 1, "file")
    event = plan.events.get()
    assert event.kind == "evidence.refused" and "junit.xml line 1" in event.text


def test_a_flood_of_wrong_files_does_not_fill_the_timeline(post, plan):
    for number in range(40):
        post(raw=b"<a", query=f"?name=file{number}.xml")
    assert plan.events.count() == 20


def test_nothing_of_a_file_reaches_the_logs(post, caplog):
    """Scenario 58: what a result holds stays out of the logs, also when it is refused."""
    caplog.set_level(logging.DEBUG)
    secret = b"canary-5be1"
    post(file=XML.replace(b'"c"', b'"%s"' % secret))
    post(raw=b"<testsuite name='" + secret, query="?name=junit.xml")
    assert secret.decode() not in caplog.text


def test_a_result_of_another_commit_says_so_in_the_answer(post, plan):
    plan.facts = {"Commit": "3d97ee2"}
    plan.save()
    answer = post(file=XML, commit="abcdef1234")[1]
    assert not answer["counts"] and "3d97ee2" in answer["why"]


def test_results_are_listed_and_given_with_their_file(post, client):
    post(file=XML)
    post({"key": "a", "value": 1})
    rows = client.get(BASE, headers=post.headers).json()
    assert [row["id"] for row in rows] == [2, 1]
    whole = client.get(f"{BASE}/1", headers=post.headers).json()
    assert {"tests.pass-rate", "tests.failed"} <= {row["key"] for row in whole["figures"]}
    file = client.get(f"{BASE}/1/file", headers=post.headers)
    assert file.content == XML and file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"].startswith("attachment")
    assert client.get(f"{BASE}/2/file", headers=post.headers).status_code == 404


def test_a_rehearsal_shows_nothing_about_another_release(post, plan, cast):
    drill = make_plan("drill", "Drill", rehearsal=True)
    link = "https://warroom.example/plans/drill/evidence/1/"
    status, answer = post({"key": "a", "value": 1, "url": link})
    assert (status, answer["field"]) == (422, "url") and drill.name in answer["detail"]


def test_only_results_may_be_as_large_as_results_are():
    for path in (BASE, f"{BASE}/", "/plans/genesis-4/evidence/preview"):
        assert limit_of(path) == 21 * MB
    for path in ("/plans/genesis-4/evidence/values", "/plans/genesis-4/evidence/", f"{BASE}/1"):
        assert limit_of(path) == 4 * MB


def test_a_length_may_be_written_as_people_write_it(post):
    assert post({"key": "a", "value": 1, "valid_for": "45m"})[1]["valid_for"] == 2700
    assert post({"key": "b", "value": 1, "valid_for": 90})[1]["valid_for"] == 90


def test_a_reading_that_grew_old_counts_no_more(post, criterion, client):
    long_ago = (timezone.now() - timedelta(hours=2)).isoformat()
    answer = post({"key": "error-rate", "value": 0.04, "unit": "%", "observed_at": long_ago})[1]
    assert answer["verdicts"][0]["band"] == "no_data"
    assert Evidence.objects.get(key="error-rate").value == 0.04
