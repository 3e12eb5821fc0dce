import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from warroom.actions.imports import import_plan
from warroom.actions.refusals import Refused
from warroom.documents.reading import Reading, understand
from warroom.documents.source import LIMIT_BYTES, DocumentError
from warroom.models import User


class Command(BaseCommand):
    help = "Makes a release of a Markdown checklist and says what was understood of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a .md or .txt file in UTF-8; - reads standard input")
        parser.add_argument("--format", choices=["markdown", "yaml"], default="markdown")
        parser.add_argument("--slug", help="the address below /plans/; default: from the title")
        parser.add_argument("--name", help="the release's name; default: the document's title")
        parser.add_argument("--t0", help="T0 as ISO 8601 with its zone: 2026-03-04T09:00:00+01:00")
        parser.add_argument("--by", help="user name of whoever imports; gets a seat that may edit")
        parser.add_argument("--dry-run", action="store_true", help="read only, create nothing")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args: object, **options: Any) -> None:
        if options["format"] != "markdown":
            raise CommandError("Plans in YAML are not read yet; give Markdown.")
        name, data = self._read(options["file"])
        t0 = _t0(options["t0"])
        by = _person(options["by"])
        try:
            reading = understand(data)
            plan = None
            if not options["dry_run"]:
                plan = import_plan(
                    reading,
                    by=by or "import_plan",
                    slug=options["slug"],
                    t0=t0,
                    name=options["name"],
                    source_name=name,
                )
        except (DocumentError, Refused) as refused:
            raise CommandError(str(refused)) from None
        self._tell(reading, plan.get_absolute_url() if plan else "", options["json"])

    def _read(self, path: str) -> tuple[str, bytes]:
        if path == "-":
            return "", self._stdin()
        try:
            with Path(path).open("rb") as file:
                return Path(path).name, file.read(LIMIT_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None

    def _stdin(self) -> bytes:
        with open(0, "rb", closefd=False) as file:
            return file.read(LIMIT_BYTES + 1)

    def _tell(self, reading: Reading, url: str, as_json: bool) -> None:
        found = reading.understanding
        if as_json:
            answer = found.as_data() | ({"url": url} if url else {})
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
            return
        counts = ", ".join(f"{count} {key}" for key, count in found.counts.items() if count)
        self.stdout.write(f"{found.title}: {counts or 'nothing'}")
        for finding in found.findings:
            where = f"line {finding.line}" if finding.line else "document"
            self.stdout.write(f"{finding.severity}: {where}: {finding.text}")
        self.stdout.write(f"Created {url}" if url else "Nothing was created (dry run).")


def _t0(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        t0 = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--t0 {text!r} is no ISO 8601 time.") from None
    if t0.tzinfo is None:
        raise CommandError(f"--t0 {text!r} has no time zone; add Z or an offset such as +01:00.")
    return t0


def _person(username: str | None) -> User | None:
    if not username:
        return None
    person = User.objects.filter(username=username).first()
    if person is None:
        raise CommandError(f"Nobody has the user name {username!r}.")
    return person
