"""The product with a short patience for peers that vanished, so that a test need not wait long."""

from warroom.asgi import application
from warroom.live import hub, streams

hub.BEAT_EVERY_S = 1.0
streams.DEAD_PEER_MS = 3000

__all__ = ["application"]
