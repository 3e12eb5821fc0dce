import json
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from warroom.actions.imports import create_plan, import_plan
from warroom.actions.refusals import Refused
from warroom.actions.reimports import compare, reread, sentence, update_from_document
from warroom.documents import portable
from warroom.documents.choices import from_text
from warroom.documents.formats import form_of
from warroom.documents.reading import understand
from warroom.documents.source import LIMIT_BYTES, DocumentError
from warroom.models import DeploymentPlan, User


class Command(BaseCommand):
    help = "Makes a release of a Markdown checklist, or of a plan as YAML or JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a file in UTF-8; - reads standard input")
        parser.add_argument(
            "--format",
            choices=["markdown", "yaml", "json"],
            help="default: by the file's name; Markdown where that does not end in .yaml or .json",
        )
        parser.add_argument("--into", help="address of a release whose edited document this is")
        parser.add_argument("--slug", help="the address below /plans/; default: from the title")
        parser.add_argument("--name", help="the release's name; default: the document's title")
        parser.add_argument("--t0", help="T0 as ISO 8601 with its zone: 2026-03-04T09:00:00+01:00")
        parser.add_argument("--by", help="user name of whoever imports; gets a seat that may edit")
        parser.add_argument(
            "--choices", default="", help="what guessed lines shall be: 12:item,40:text"
        )
        parser.add_argument(
            "--make-items", action="store_true", help="make items of all that is offered as such"
        )
        parser.add_argument("--dry-run", action="store_true", help="read only, create nothing")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args: object, **options: Any) -> None:
        name, data = self._read(options["file"])
        if options["into"]:
            return self._into(name, data, options)
        wanted = {
            "by": _person(options["by"]) or "import_plan",
            "slug": options["slug"],
            "t0": _t0(options["t0"]),
            "name": options["name"],
            "source_name": name,
        }
        form = options["format"] or form_of(name) or "markdown"
        take = _markdown if form == "markdown" else _plan_file
        try:
            title, answer, plan = take(data, form, wanted, options)
        except (ValueError, Refused) as refused:  # a DocumentError is a ValueError
            raise CommandError(str(refused)) from None
        url = plan.get_absolute_url() if plan else ""
        self._tell(title, answer, url, options["json"])

    def _into(self, name: str, data: bytes, options: dict[str, Any]) -> None:
        """Take over the edited document of a release that is there already."""
        plan = DeploymentPlan.objects.filter(slug=options["into"]).first()
        if plan is None:
            raise CommandError(f"There is no release at /plans/{options['into']}/.")
        try:
            reading = reread(plan, data)
            found = compare(plan, reading)
            if not options["dry_run"]:
                by = _person(options["by"]) or "import_plan"
                done = update_from_document(plan, reading, by=by, source_name=name)
        except (DocumentError, Refused) as refused:
            raise CommandError(str(refused)) from None
        if options["json"]:
            rows = [asdict(one) for one in found.differences]
            answer = {"differences": rows, "remarks": found.remarks}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
            return
        for one in found.differences:
            where = f"line {one.line}" if one.line else "document"
            words = f" ({one.field}: {one.before} → {one.after})" if one.field else ""
            kept = f" Kept: {one.asks}" if one.asks else ""
            self.stdout.write(f"{one.kind}: {where}: {one.what}{words}{kept}")
        for remark in found.remarks:
            self.stdout.write(f"note: {remark}")
        dry = "Nothing was changed (dry run)."
        self.stdout.write(dry if options["dry_run"] else sentence(done.counts))

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

    def _tell(self, title: str, answer: dict[str, Any], url: str, as_json: bool) -> None:
        if as_json:
            answer |= {"url": url} if url else {}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
            return
        understood = answer["understood"].items()
        counts = ", ".join(f"{count} {key}" for key, count in understood if count)
        self.stdout.write(f"{title}: {counts or 'nothing'}")
        for finding in answer["findings"]:
            where = f"line {finding['line']}" if finding["line"] else "document"
            self.stdout.write(f"{finding['severity']}: {where}: {finding['text']}")
        self.stdout.write(f"Created {url}" if url else "Nothing was created (dry run).")


Taken = tuple[str, dict[str, Any], DeploymentPlan | None]


def _markdown(
    data: bytes, form: str, wanted: Mapping[str, Any], options: Mapping[str, Any]
) -> Taken:
    choices = from_text(options["choices"])
    reading = understand(data, choices, make_items=options["make_items"])
    plan = None if options["dry_run"] else import_plan(reading, **wanted)
    return reading.understanding.title, reading.understanding.as_data(), plan


def _plan_file(
    data: bytes, form: str, wanted: Mapping[str, Any], options: Mapping[str, Any]
) -> Taken:
    file = portable.read(data, form)
    plan = None if options["dry_run"] else create_plan(file, **wanted)
    return file.data["plan"]["name"], portable.as_answer(file), plan


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
