"""Ways to move traffic: one file per kind, one line per kind in the registry."""

from rollouts.executors.base import Answer, Kind, OptionError, Order, Target, read_options, within
from rollouts.executors.manual import Manual
from rollouts.executors.unleash import Unleash
from rollouts.executors.webhook import Webhook

KINDS: dict[str, Kind] = {one.name: one for one in (Manual(), Webhook(), Unleash())}

__all__ = ["KINDS", "Answer", "Kind", "OptionError", "Order", "Target", "read_options", "within"]
