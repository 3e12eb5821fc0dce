"""The demo service's feature flags, asked and set as in Unleash's Admin API.

One flag in one environment, which moves the service's own rollout. While the knob "stuck" is
turned a change is accepted and nothing moves. The token is in DEMO_FLAGS_TOKEN; without one
everybody may ask.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from warroom.demo.metrics import FLAG, Traffic

ENVIRONMENT = f"/api/admin/projects/default/features/{FLAG}/environments/production"
STRATEGY = "gradual-1"
TRAFFIC = web.AppKey("traffic", Traffic)
KEEP = web.AppKey("keep", Callable[[], None])


def add_routes(app: web.Application) -> None:
    app.router.add_get(ENVIRONMENT, look)
    app.router.add_post(f"{ENVIRONMENT}/{{way:on|off}}", switch)
    app.router.add_patch(f"{ENVIRONMENT}/strategies/{STRATEGY}", change)


def _flag(request: web.Request) -> Traffic:
    token, given = os.environ.get("DEMO_FLAGS_TOKEN", ""), request.headers.get("Authorization", "")
    if not hmac.compare_digest(token.encode(), given.encode()) and token:
        raise web.HTTPUnauthorized(text='{"name": "NoAccessError"}')
    return request.app[TRAFFIC]


async def look(request: web.Request) -> web.Response:
    return _shown(_flag(request))


def _shown(traffic: Traffic) -> web.Response:
    strategy = {
        "id": STRATEGY,
        "name": "flexibleRollout",
        "constraints": [],
        "parameters": {"rollout": f"{traffic.flag_share:g}", "stickiness": "default"},
    }
    body = {"name": "production", "enabled": traffic.flag_on, "strategies": [strategy]}
    return web.json_response(body)


async def switch(request: web.Request) -> web.Response:
    traffic = _flag(request)
    traffic.flag_on = request.match_info["way"] == "on"
    return _moved(request, traffic)


async def change(request: web.Request) -> web.Response:
    """JSON Patch, of which a flag's page and programs send one kind."""
    traffic = _flag(request)
    try:
        (said,) = await request.json()
        if said["path"] != "/parameters/rollout" or said["op"] not in ("replace", "add"):
            raise ValueError("only /parameters/rollout is replaced")
        share = traffic.knobs.turned({"rollout_percentage": said["value"]}).rollout_percentage
    except (ValueError, TypeError, KeyError) as wrong:
        return web.json_response({"name": "BadDataError", "message": str(wrong)}, status=400)
    traffic.flag_share = share
    return _moved(request, traffic)


def _moved(request: web.Request, traffic: Traffic) -> web.Response:
    if not traffic.knobs.stuck:
        traffic.turn(replace(traffic.knobs, rollout_percentage=traffic.flagged))
        request.app[KEEP]()
    return _shown(traffic)
