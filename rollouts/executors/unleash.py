"""Unleash: the rollout of a gradual strategy of one feature in one environment (Admin API)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.executors.base import Answer, Fetch, Order, Target, judged, option
from warroom.outbound import Response

GRADUAL = "flexibleRollout"


@dataclass(frozen=True)
class UnleashOptions:
    feature: str = option(..., _l("the feature's name"))
    project: str = option("default", _l("the project's id"))
    environment: str = option("production", _l("the environment's name"))
    strategy: str = option(
        "", _l("the strategy's id, where the environment has several gradual ones")
    )
    stickiness: str = option("default", _l("of a strategy that has to be made"))
    switch_off: bool = option(True, _l("at 0 % the environment is switched off as well"))


class _Odd(Exception):
    """The other side is not as it should be; carries the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


class Unleash:
    name, label, options = "unleash", "Unleash", UnleashOptions
    secret = _l("an admin token")

    async def carry_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        """Ask what is set and change only what differs, so that a repeat changes nothing."""
        side = _Side(fetch, target)
        try:
            return await self._bring(side, await side.look(), order.percent)
        except _Odd as odd:
            return odd.answer

    async def try_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        side = _Side(fetch, target)
        try:
            there = await side.look()
            strategy = side.strategy(there)
        except _Odd as odd:
            return odd.answer
        share = (
            f"{_share(strategy):g} %"
            if strategy and _share(strategy) is not None
            else _("no share")
        )
        others = [one.get("name") for one in there.get("strategies", []) if one is not strategy]
        more = (
            _(" Beside it there is {str}.").format(str=", ".join(map(str, others[:4])))
            if others
            else ""
        )
        return Answer(
            True,
            _("{switch}, {share} is set.{more} Nothing was changed.").format(
                switch=_switch(there), share=share, more=more
            ),
        )

    async def _bring(self, side: _Side, there: dict[str, Any], percent: int) -> Answer:
        done = []
        off = percent == 0 and side.options.switch_off
        if off and there.get("enabled"):
            # The quickest way back comes first; on the way out the share is set before it opens.
            done.append(await side.switch("off"))
        strategy = side.strategy(there)
        if strategy is None and percent > 0:
            done.append(await side.add(percent))
        elif strategy is not None and _share(strategy) != percent:
            done.append(await side.set(strategy, percent))
        if percent > 0 and not there.get("enabled"):
            done.append(await side.switch("on"))
        return Answer(
            True,
            "; ".join(done)
            or _("it is at {percent} % already, nothing was sent").format(percent=percent),
        )


class _Side:
    """The feature's environment over there."""

    def __init__(self, fetch: Fetch, target: Target) -> None:
        self.fetch, self.options, self.token = fetch, target.options, target.secret
        project, feature, environment = (
            quote(part, safe="")
            for part in (self.options.project, self.options.feature, self.options.environment)
        )
        base = target.url.rstrip("/").removesuffix("/api/admin").removesuffix("/api")
        where = f"projects/{project}/features/{feature}/environments/{environment}"
        self.address = f"{base}/api/admin/{where}"

    async def look(self) -> dict[str, Any]:
        answer = await self._ask("GET", "")
        try:
            there = json.loads(answer.body)
        except ValueError:
            there = None
        if not isinstance(there, dict) or not isinstance(there.get("strategies", []), list):
            raise _Odd(Answer(False, _("it did not answer as Unleash does"), retry=True))
        return there

    def strategy(self, there: dict[str, Any]) -> dict[str, Any] | None:
        """The gradual strategy; several without a word which one are nobody's to choose from."""
        found = [one for one in there.get("strategies", []) if one.get("name") == GRADUAL]
        if self.options.strategy:
            found = [one for one in found if one.get("id") == self.options.strategy]
            if not found:
                text = _("there is no gradual strategy {strategy}").format(
                    strategy=self.options.strategy
                )
                raise _Odd(Answer(False, text, retry=False))
        if len(found) > 1:
            ids = ", ".join(str(one.get("id")) for one in found[:4])
            text = _("{count} gradual strategies where one is meant: {ids}").format(
                count=len(found), ids=ids
            )
            raise _Odd(Answer(False, text, retry=False))
        return found[0] if found else None

    async def switch(self, way: str) -> str:
        await self._ask("POST", f"/{way}")
        return _("switched {way}").format(way=way)

    async def set(self, strategy: dict[str, Any], percent: int) -> str:
        known = "rollout" in (strategy.get("parameters") or {})
        change = {"op": "replace" if known else "add", "path": "/parameters/rollout"}
        address = f"/strategies/{quote(str(strategy['id']), safe='')}"
        await self._ask("PATCH", address, [change | {"value": str(percent)}])
        return _("rollout set to {percent} %").format(percent=percent)

    async def add(self, percent: int) -> str:
        said = {
            "rollout": str(percent),
            "stickiness": self.options.stickiness,
            "groupId": self.options.feature,
        }
        await self._ask("POST", "/strategies", {"name": GRADUAL, "parameters": said})
        return _("gradual strategy made with {percent} %").format(percent=percent)

    async def _ask(self, method: str, path: str, body: Any = None) -> Response:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = self.token
        data = None if body is None else json.dumps(body)
        answer = await self.fetch(method, self.address + path, headers=headers, data=data)
        if not (said := judged(answer)).ok:
            raise _Odd(said)
        return answer


def _share(strategy: dict[str, Any]) -> float | None:
    try:
        return float((strategy.get("parameters") or {}).get("rollout"))
    except (TypeError, ValueError):
        return None


def _switch(there: dict[str, Any]) -> str:
    return _("The environment is on") if there.get("enabled") else _("The environment is off")
