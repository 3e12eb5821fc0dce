"""The bell that tells web processes to look. It may stay silent: the hub looks by itself."""


def ring(plan_id: int, panels: tuple[str, ...] = ()) -> None:
    """Say that ``plan_id`` changed; ``panels`` names fragments that changed without an event."""
