"""What the live stream counts about itself, for /metrics."""

from prometheus_client import Counter, Gauge, Histogram

STREAMS = Gauge("warroom_streams_open", "Event streams open now in this process")
RENDERED = Counter("warroom_fragments_rendered", "Fragments rendered for streams", ["panel"])
FAILED = Counter("warroom_fragments_failed", "Fragments that could not be rendered", ["panel"])
SENT = Counter("warroom_stream_messages", "Messages handed to streams")
CUT = Counter("warroom_streams_cut", "Streams cut off because their reader was too slow")
LOOK = Histogram(
    "warroom_look_seconds",
    "One look of the hub at the database, rendering included",
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1, 5),
)
