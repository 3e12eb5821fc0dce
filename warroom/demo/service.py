"""A service to roll out in the demo: health, metrics, and knobs that break it on purpose.

``python -m warroom.demo.service --port N`` serves on loopback only:

* ``GET /health``: five checks as JSON, 503 when the service is "down"
* ``GET /metrics``: for Prometheus
* ``/api/admin/…``: its feature flag, in the shape of Unleash's Admin API
* ``GET /``: a page with the knobs; ``GET /knobs`` and ``POST /knobs`` the same for programs
"""

import argparse
import asyncio
import contextlib
import html
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from string import Template

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from warroom.demo import flags
from warroom.demo.metrics import Knobs, Traffic

STEP_S = 0.25
CHECKS = ("application", "database", "queue", "storage", "feature flags")
PAGE = Template(Path(__file__).with_name("knobs.html").read_text())
STYLE = Path(__file__).with_name("knobs.css").read_text()

# What the page's buttons do; each sets every knob but the share, which is the rollout's.
WAYS = {
    "healthy": Knobs(),
    "slow": Knobs(latency_ms=900),
    "failing": Knobs(error_rate=3),
    "down": Knobs(down=True),
    "flapping": Knobs(flapping=True),
    "no metrics": Knobs(no_metrics=True),
    "stuck": Knobs(stuck=True),
}


async def health(request: web.Request) -> web.Response:
    down = request.app[flags.TRAFFIC].is_down(time.monotonic())
    word = "failing" if down else "ok"
    passing = 0 if down else len(CHECKS)
    return web.json_response(
        {
            "status": word,
            "passing": passing,
            "total": len(CHECKS),
            "checks": dict.fromkeys(CHECKS, word),
        },
        status=503 if down else 200,
    )


async def metrics(request: web.Request) -> web.Response:
    traffic = request.app[flags.TRAFFIC]
    if traffic.is_down(time.monotonic()):
        return web.Response(status=503, text="down\n")
    # An empty answer, not an error: the target stays "up" while its series end.
    body = b"" if traffic.knobs.no_metrics else generate_latest(traffic.registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def page(request: web.Request) -> web.Response:
    return _page(request.app[flags.TRAFFIC].knobs)


async def style(request: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css")


async def show_knobs(request: web.Request) -> web.Response:
    return web.json_response(request.app[flags.TRAFFIC].knobs.as_dict())


async def turn_knobs(request: web.Request) -> web.StreamResponse:
    """Turn knobs, given as JSON or as a form; a form without a switch means that it is off."""
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        raise web.HTTPForbidden(text="knobs are turned from this page or without a page\n")
    traffic = request.app[flags.TRAFFIC]
    by_form = request.content_type != "application/json"
    try:
        values = await _values(request, by_form)
        way = values.pop("way", None)
        knobs = _way(str(way), traffic.knobs) if way in WAYS else traffic.knobs.turned(values)
    except ValueError as refused:
        if by_form:
            return _page(traffic.knobs, str(refused), status=422)
        return web.json_response({"title": str(refused)}, status=422)
    traffic.turn(knobs)
    request.app[flags.KEEP]()
    if by_form:
        raise web.HTTPSeeOther("/")
    return web.json_response(traffic.knobs.as_dict())


def _way(name: str, knobs: Knobs) -> Knobs:
    return replace(WAYS[name], rollout_percentage=knobs.rollout_percentage)


async def _values(request: web.Request, by_form: bool) -> dict[str, object]:
    if not by_form:
        values = await request.json()
        if not isinstance(values, dict):
            raise ValueError("the body wants an object of knobs")
        return values
    form: dict[str, object] = dict(await request.post())
    switches = {"down": "", "flapping": "", "no_metrics": "", "stuck": ""}
    return form if "way" in form else switches | form


def _page(knobs: Knobs, refused: str = "", status: int = 200) -> web.Response:
    values = {
        name: ("checked" if value else "") if isinstance(value, bool) else f"{value:g}"
        for name, value in knobs.as_dict().items()
    }
    word = next((name for name in WAYS if _way(name, knobs) == knobs), "as set below")
    text = PAGE.substitute(values, word=word, refused=html.escape(refused))
    policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"
    return web.Response(
        text=text,
        content_type="text/html",
        status=status,
        headers={"Content-Security-Policy": policy},
    )


async def _run_traffic(app: web.Application) -> AsyncIterator[None]:
    async def loop() -> None:
        then = time.monotonic()
        while True:
            await asyncio.sleep(STEP_S)
            now = time.monotonic()
            # At most ten seconds are made up for: after a laptop's sleep there is no such burst.
            app[flags.TRAFFIC].pass_time(min(now - then, 10))
            then = now

    task = asyncio.create_task(loop())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def build(state: Path, ramp_s: float) -> web.Application:
    """Return the application; knobs turned earlier in this run are read back from ``state``."""
    app = web.Application()
    app[flags.TRAFFIC] = Traffic(ramp_s)
    traffic = app[flags.TRAFFIC]
    with contextlib.suppress(FileNotFoundError, ValueError):
        traffic.turn(Knobs().turned(json.loads(state.read_text())))
    traffic.flag_share = traffic.knobs.rollout_percentage
    traffic.flag_on = traffic.flag_share > 0
    app[flags.KEEP] = lambda: state.write_text(json.dumps(traffic.knobs.as_dict())) and None
    flags.add_routes(app)
    app.router.add_get("/", page)
    app.router.add_get("/knobs.css", style)
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/knobs", show_knobs)
    app.router.add_post("/knobs", turn_knobs)
    app.cleanup_ctx.append(_run_traffic)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="file that keeps the knobs")
    parser.add_argument("--ramp", type=float, default=40.0, help="seconds until a fault is whole")
    options = parser.parse_args()
    web.run_app(
        build(options.state, options.ramp),
        host="127.0.0.1",
        port=options.port,
        print=None,
        access_log=None,
        shutdown_timeout=1,
    )


if __name__ == "__main__":
    main()
