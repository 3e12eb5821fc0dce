"""Collects texts as Django does, and those of ``gettext_lazy as _l`` too."""

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_l"]
