"""The demo service can be broken on purpose, and a real Prometheus sees it."""

import pytest
import requests

from warroom.demo.metrics import REQUESTS_PER_S, Knobs, Traffic

ERRORS = "(rate(genesis_errors_total[10s]) / rate(genesis_requests_total[10s])) * 100"
LATENCY = "histogram_quantile(0.95, rate(genesis_request_duration_seconds_bucket[10s])) * 1000"


def value(traffic: Traffic, name: str, **labels: str) -> float:
    found = traffic.registry.get_sample_value(name, labels)
    assert found is not None, name
    return found


def test_a_healthy_service_has_the_figures_of_its_document():
    traffic = Traffic(ramp_s=40)
    traffic.pass_time(60)
    assert value(traffic, "genesis_requests_total") == pytest.approx(60 * REQUESTS_PER_S, abs=1)
    assert value(traffic, "genesis_errors_total") / value(traffic, "genesis_requests_total") < 0.001
    assert value(traffic, "genesis_tests_passed") == 1026
    assert value(traffic, "genesis_tests_total") == 1044
    flag = {"flag_name": "phase_4_deployment"}
    assert value(traffic, "genesis_feature_flag_enabled", **flag) == 1
    assert value(traffic, "genesis_feature_flag_rollout_percentage", **flag) == 0
    assert value(traffic, "node_memory_MemAvailable_bytes") > 0
    assert value(traffic, "node_cpu_seconds_total", cpu="0", mode="idle") >= 0


def test_a_fault_grows_and_a_repair_is_at_once():
    traffic = Traffic(ramp_s=40)
    traffic.turn(Knobs(latency_ms=920))
    traffic.pass_time(10)
    assert traffic.latency_ms == pytest.approx(320)
    traffic.pass_time(60)
    assert traffic.latency_ms == 920
    traffic.turn(Knobs())
    traffic.pass_time(0.25)
    assert traffic.latency_ms == Knobs().latency_ms


def test_a_flapping_service_is_down_every_other_twenty_seconds():
    traffic = Traffic(ramp_s=0)
    traffic.turn(Knobs(flapping=True))
    assert [traffic.is_down(now) for now in (5, 25, 45, 65)] == [False, True, False, True]


@pytest.mark.parametrize(
    "wrong",
    [{"latency": 1}, {"error_rate": 101}, {"error_rate": "nan"}, {"latency_ms": "x"}, {"down": 7}],
)
def test_a_wrong_knob_is_refused_in_words(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Knobs().turned(wrong)


@pytest.mark.process
@pytest.mark.once("the demo service has none")
class TestOverHttp:
    def test_health_tells_five_checks_and_503_when_down(self, demo_service):
        assert requests.get(f"{demo_service.url}/health", timeout=5).json()["passing"] == 5
        demo_service.make("down")
        answer = requests.get(f"{demo_service.url}/health", timeout=5)
        assert (answer.status_code, answer.json()["passing"]) == (503, 0)
        assert requests.get(f"{demo_service.url}/metrics", timeout=5).status_code == 503

    def test_without_metrics_the_target_answers_but_has_no_series(self, demo_service):
        demo_service.make("no metrics")
        answer = requests.get(f"{demo_service.url}/metrics", timeout=5)
        assert (answer.status_code, answer.text) == (200, "")

    def test_a_page_from_elsewhere_turns_no_knob(self, demo_service):
        answer = requests.post(
            f"{demo_service.url}/knobs",
            data={"way": "down"},
            headers={"Origin": "https://elsewhere.example"},
            timeout=5,
        )
        assert answer.status_code == 403
        assert requests.get(f"{demo_service.url}/knobs", timeout=5).json()["down"] is False

    @pytest.mark.parametrize("body", ["[1]", "{", '{"latency_ms": -1}', '{"speed": 1}'])
    def test_a_wrong_call_is_refused_and_turns_nothing(self, demo_service, body):
        headers = {"Content-Type": "application/json"}
        answer = requests.post(f"{demo_service.url}/knobs", body, headers=headers, timeout=5)
        assert answer.status_code == 422
        assert requests.get(f"{demo_service.url}/knobs", timeout=5).json() == Knobs().as_dict()


@pytest.mark.prometheus
class TestSeenByPrometheus:
    def test_slow_and_failing_show_within_seconds(self, demo_service, prometheus):
        assert prometheus.wait_for(LATENCY) < 200
        demo_service.turn(latency_ms=900, error_rate=3)
        assert prometheus.wait_for(f"{LATENCY} > 500") > 500
        assert prometheus.wait_for(f"{ERRORS} > 1") > 1

    def test_the_other_panels_have_values(self, demo_service, prometheus):
        assert prometheus.wait_for("genesis_tests_passed / genesis_tests_total") > 0.98
        memory = "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100"
        assert prometheus.wait_for(memory) > 30
        # A share of all modes: right from the second sample on, before the window is full.
        idle = 'sum(rate(node_cpu_seconds_total{mode="idle"}[10s]))'
        used = f"100 - {idle} / sum(rate(node_cpu_seconds_total[10s])) * 100"
        assert prometheus.wait_for(used) == pytest.approx(29, abs=1)

    def test_down_and_without_metrics_look_different(self, demo_service, prometheus):
        demo_service.make("no metrics")
        prometheus.wait_for("absent(genesis_requests_total)")
        assert prometheus.wait_for('up{job="genesis"}') == 1
        demo_service.make("down")
        assert prometheus.wait_for('up{job="genesis"} == 0') == 0
