"""The demo service's flag moves its traffic, unless it is stuck."""

import pytest
import requests

from tests.harness.demo import DemoService

ENVIRONMENT = "/api/admin/projects/default/features/phase_4_deployment/environments/production"


@pytest.fixture
def flag(demo_service: DemoService):
    def call(method, path="", body=None):
        answer = requests.request(
            method, f"{demo_service.url}{ENVIRONMENT}{path}", json=body, timeout=5
        )
        return answer.status_code, answer.json()

    yield call
    demo_service.turn(stuck=False, rollout_percentage=0)
    call("POST", "/off")


def set_share(flag, share):
    return flag("PATCH", "/strategies/gradual-1", [
        {"op": "replace", "path": "/parameters/rollout", "value": str(share)}
    ])  # fmt: skip


def share(service):
    return requests.get(f"{service.url}/knobs", timeout=5).json()["rollout_percentage"]


def test_the_flag_moves_the_traffic_once_it_is_on(demo_service, flag):
    assert set_share(flag, 5)[0] == 200
    assert share(demo_service) == 0
    flag("POST", "/on")
    assert share(demo_service) == 5
    _, there = flag("GET")
    assert there["enabled"] and there["strategies"][0]["parameters"]["rollout"] == "5"
    demo_service.make("slow")
    assert share(demo_service) == 5, "a fault does not move the traffic"


def test_who_is_stuck_accepts_and_does_not_move(demo_service, flag):
    """Scenario 40, to be played."""
    demo_service.make("stuck")
    set_share(flag, 25)
    assert flag("POST", "/on")[1]["enabled"]
    assert share(demo_service) == 0
    demo_service.make("healthy")
    assert share(demo_service) == 25


@pytest.mark.parametrize("body", [{}, [], [{"op": "replace", "path": "/name", "value": "x"}],
    [{"op": "replace", "path": "/parameters/rollout", "value": "200"}]])  # fmt: skip
def test_an_odd_change_of_the_flag_is_refused(flag, body):
    assert flag("PATCH", "/strategies/gradual-1", body)[0] == 400
