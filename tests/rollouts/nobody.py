"""A release at night: a service that fails, a guardrail, an executor, and nobody online."""

import contextlib
import sys
import time

from tests.rollouts.receivers import Receiver, serve
from tests.web_process import house

WINDOW_S, INTERVAL_S = 2, 1
# A release at 5 % with a check of a second's interval and a guardrail of two.
SCENE = """
from rollouts.actions.desired import set_desired
from rollouts.actions.guardrails import set_guardrail
from rollouts.models import *
from warroom.actions.change import change
plan.lifecycle = "deploying"; plan.save()
Executor.objects.create(plan=plan, key="hook", name="Hook", kind="webhook", url="{url}/shares")
Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, state="running",
                     started_at=timezone.now())
check = HealthCheck.objects.create(plan=plan, key="health", name="Health", url="{url}/health",
                                   interval_s={interval}, due_at=timezone.now())
with change(plan, by="test") as changing:
    set_desired(changing, 5, cause="advance")
    set_guardrail(changing, check, "automatic", {window})
    changing.record("stage.started", "5 %")
"""
KINDS = "answer = list(plan.events.order_by('seq').values_list('kind', flat=True))"


class Service(Receiver):
    """The service that is watched, and the switch of its traffic; ``bad_at`` since it fails."""

    def __init__(self):
        super().__init__()
        self.bad_at = None
        self.first_red = None
        self.asked_back = []

    def take(self, method, path, headers, body):
        if path != "/health":
            answer = super().take(method, path, headers, body)
            if self.share == 0:
                self.asked_back.append(time.monotonic())
            return answer
        if self.bad_at is None:
            return 200, "{}"
        self.first_red = self.first_red or time.monotonic()
        return 500, "{}"

    def fail(self):
        self.bad_at = time.monotonic()


class Night:
    """The room's database, the service, and whichever processes are started."""

    def __init__(self, place, service, url):
        self.place, self.service = place, service
        place.do(SCENE.format(url=url, interval=INTERVAL_S, window=WINDOW_S))

    def start(self, name="watchdog"):
        return self.place._start([sys.executable, "manage.py", name])

    def kinds(self):
        return self.place.do(KINDS)

    def until(self, condition, within_s):
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, (self.kinds(), self.place.complaints()[-3000:])
            time.sleep(0.02)


@contextlib.contextmanager
def night(var):
    """Nobody is online: no web, no worker, no tick, and an address where no broker is."""
    service = Service()
    server = serve(service)
    broker = {"REDIS_URL": "redis://127.0.0.1:1/0", "WARROOM_OUTBOUND_ALLOW": "127.0.0.1"}
    try:
        with house(var, **broker) as place:
            yield Night(place, service, server.url)
    finally:
        server.shutdown()
        server.server_close()
