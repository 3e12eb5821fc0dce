"""The due work of this app."""

from checklists.actions.silence import hold_silent
from warroom.tasks import register_due

register_due("silent gates", hold_silent)
