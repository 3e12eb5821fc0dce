"""People move the traffic: nothing is called, a command is shown and a person confirms."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.executors.base import Answer, Fetch, NoOptions, Order, Target


class Manual:
    name, label, secret, options = "manual", _l("By hand"), "", NoOptions

    async def carry_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        return Answer(False, _("A person runs the command."), retry=False)

    async def try_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        return Answer(True, _("Nothing is called: a person runs the command and confirms it."))
