"""The panels of this app."""

from checklists.queries.outlook import next_gate
from warroom.live import outlook

outlook.register_next(next_gate)
