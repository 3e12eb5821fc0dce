"""What the tests of this floor share."""

import pytest

from tests.servers import LOOPBACK


@pytest.fixture
def loopback(settings):
    """Allow what the demo allows: this machine."""
    settings.WARROOM_OUTBOUND_ALLOW = LOOPBACK
