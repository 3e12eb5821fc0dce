"""The panels of this app."""

from rollouts.queries.outlook import position
from warroom.live import outlook

outlook.register_position(position)
