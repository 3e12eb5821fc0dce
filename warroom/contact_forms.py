"""The levels of escalation and the people of each, as one form with many lines."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from warroom.actions.contacts import WAYS, ContactWanted, LevelWanted
from warroom.models import DeploymentPlan
from warroom.queries.contacts import contacts_seen, ladder, people_to_call

_WAY = re.compile(r"\s*(?:(?P<way>[A-Za-z][\w-]{1,19})\s*:?\s+)?(?P<to>\S.*?)\s*")


class LevelLine(forms.Form):
    """A level: minutes since the escalation opened."""

    number = forms.IntegerField(min_value=1, max_value=99, required=False)
    name = forms.CharField(max_length=120, required=False)
    from_minute = forms.IntegerField(min_value=0, max_value=20_160, required=False)
    to_minute = forms.IntegerField(min_value=1, max_value=20_160, required=False)

    def wanted(self) -> LevelWanted | None:
        given = self.cleaned_data
        if given.get("number") is None:
            return None
        start = given.get("from_minute") or 0
        return LevelWanted(given["number"], given["name"], start, given.get("to_minute"))


class ContactLine(forms.Form):
    """Somebody to call; a line without a name is nobody. Ways: ``phone +1 555; chat @thon``."""

    level = forms.IntegerField(min_value=1, max_value=99, required=False)
    name = forms.CharField(max_length=120, required=False)
    role_name = forms.CharField(max_length=120, required=False)
    availability = forms.CharField(max_length=200, required=False)
    reach = forms.CharField(max_length=600, required=False)

    def clean_reach(self) -> tuple[tuple[str, str], ...]:
        parts = [part for part in self.cleaned_data["reach"].split(";") if part.strip()]
        return tuple(_way(part) for part in parts)

    def wanted(self) -> ContactWanted | None:
        given = self.cleaned_data
        if not given.get("name"):
            return None
        return ContactWanted(
            given["name"],
            given.get("level"),
            given["role_name"],
            given["availability"],
            given["reach"],
        )


def _way(part: str) -> tuple[str, str]:
    match = _WAY.fullmatch(part)
    way = (match["way"] or "").lower() if match else ""
    if way:
        return way, match["to"]
    # A bare address says by itself what it is.
    text = part.strip()
    return ("mail" if "@" in text[1:] else "chat" if text.startswith("@") else WAYS[0]), text


LEVELS = forms.formset_factory(LevelLine, extra=1, max_num=12, validate_max=True)
CONTACTS = forms.formset_factory(ContactLine, extra=2, max_num=64, validate_max=True)


class ContactsForm:
    """Both lists and the fingerprint of what they showed."""

    def __init__(self, plan: DeploymentPlan, data: Any = None) -> None:
        contacts = [one | {"level": one["level__number"]} for one in people_to_call(plan)]
        for one in contacts:
            one["reach"] = "; ".join(f"{way['way']} {way['to']}" for way in one["reach"])
        self.levels = LEVELS(data, initial=ladder(plan), prefix="level")
        self.contacts = CONTACTS(data, initial=contacts, prefix="contact")
        self.seen = contacts_seen(plan) if data is None else data.get("seen", "")
        self.error = ""

    def is_valid(self) -> bool:
        fine = [lines.is_valid() for lines in (self.levels, self.contacts)]
        return all(fine)

    def wanted(self) -> tuple[Sequence[LevelWanted], Sequence[ContactWanted]]:
        levels = [line.wanted() for line in self.levels]
        contacts = [line.wanted() for line in self.contacts]
        return [one for one in levels if one], [one for one in contacts if one]
