"""Backups, procedures and drills for scripts (S11, S12)."""

import json

import pytest

from rollouts.actions.procedures import save_procedure
from tests.rollouts.test_procedures import FLAG
from warroom.actions.tokens import SCOPES, make_token

pytestmark = pytest.mark.django_db
METADATA = (
    '{"timestamp": "20251015_063700", "environment": "staging", '
    '"git_sha": "3d97ee29ac7d436641e6238ec8e831bc50221c9b", "git_branch": "main", '
    '"backup_size": "700K", "host": {"disk": 2}}'
)


@pytest.fixture
def call(client, plan, cast):
    token = make_token(cast["forge"], SCOPES)[1]

    def send(method, path, body=None):
        data = body if isinstance(body, str) else json.dumps(body)
        headers = {"authorization": f"Bearer {token}"}
        where = f"/api/v1/plans/{plan.slug}{path}"
        answer = client.generic(method, where, data, "application/json", headers=headers)
        return answer.status_code, json.loads(answer.content)

    return send


def test_the_metadata_of_a_script_are_taken_as_they_are(call):
    status, made = call("POST", "/backups", METADATA)
    assert (status, made["name"]) == (201, "staging_20251015_063700")
    assert (made["size"], made["size_bytes"], made["state"]) == ("700K", 716800, "claimed")
    assert made["taken_at"] == "2025-10-15T06:37:00Z" and made["metadata"]["host"] == {"disk": 2}
    assert call("POST", "/backups", METADATA)[0] == 200
    assert len(call("GET", "/backups")[1]["backups"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("[1]", "body"),
        ("{", "body"),
        ('{"name": NaN}', "body"),
        ('{"name": "a", "backup_size": "big"}', "backup_size"),
        ('{"timestamp": "20251015"}', "timestamp"),
        ('{"name": "a", "x": "' + "y" * 16_001 + '"}', "metadata"),
    ],
)
def test_what_cannot_be_read_is_said_by_its_key(call, body, field):
    status, said = call("POST", "/backups", body)
    assert (status, said["field"]) == (422, field) and said["detail"]


def test_a_script_says_what_it_read_back(call):
    call("POST", "/backups", METADATA)
    where = "/backups/staging_20251015_063700/verify"
    status, said = call("POST", where, {"sha256": f"{'a' * 64}  memory.db.gz", "how": "sha256sum"})
    assert (status, said["state"], said["verified_by"]) == (200, "verified", "Forge")
    assert call("POST", where, {"sha256": "b" * 64})[1]["state"] == "mismatch"
    assert call("POST", where, {"sha256": "short"})[1]["field"] == "sha256"
    assert call("POST", "/backups/other/verify", {"sha256": "b" * 64})[0] == 404


def test_a_drill_is_run_by_script_from_its_start_to_its_end(call, plan, cast):
    save_procedure(plan, FLAG | {"steps": FLAG["steps"][:2]}, by=cast["cora"])
    assert call("GET", "/procedures")[1][0]["steps"][1]["kind"] == "execute"
    status, run = call("POST", "/drills", {"procedure": "flag-to-0", "place": "staging"})
    assert (status, run["drill"], [leg["segment"] for leg in run["legs"]]) == (
        201, True, ["decide", "execute"],
    )  # fmt: skip
    assert call("POST", "/runs/1/finish", {"outcome": "verified", "saw": "0 %"})[0] == 409
    for place in (1, 2):
        assert call("PUT", f"/runs/1/steps/{place}", {"state": "done"})[0] == 200
    status, run = call("POST", "/runs/1/finish", {"outcome": "verified", "saw": "0 %"})
    assert (status, run["outcome"]) == (200, "verified")
    assert call("PUT", "/runs/1/steps/1", {"state": "open"})[0] == 409
    assert call("PUT", "/runs/1/steps/9", {"state": "open"})[0] == 404
    assert call("GET", "/runs/70000")[0] == 404


def test_a_drill_of_before_is_marked(call, plan, cast):
    save_procedure(plan, FLAG | {"steps": FLAG["steps"][:2]}, by=cast["cora"])
    body = {
        "procedure": "flag-to-0",
        "place": "staging",
        "started_at": "2026-01-02T10:00:00Z",
        "seconds": {"decide": 8, "execute": 100.5},
        "held_by": "Thon",
    }
    status, run = call("POST", "/drills", body)
    assert (status, run["seconds"], run["started_by"]) == (201, 108.5, "Thon")
    assert run["noted_at"] and run["legs"][1]["seconds"] == 100.5
    assert call("POST", "/drills", body | {"seconds": {"decide": 8}})[1]["field"] == "execute"
    assert call("POST", "/drills", body | {"procedure": "no"})[1]["field"] == "procedure"
