"""What decisions started, among what the room needs."""

from checklists.queries.followups import followup_needs
from warroom.live import needs

needs.register_needs(followup_needs)
