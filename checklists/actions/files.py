"""Files that show an item to be done. Nothing that was attached is taken away again (law 4).

The bytes lie under ``settings.FILES_DIR`` by their SHA-256, written before the change commits. A
change that is refused after that leaves bytes that no row names: they do no harm and stay.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from django.utils.translation import gettext as _

from checklists.actions.items import locked_item
from checklists.models import ChecklistItem, ItemFile
from checklists.queries.rehearsals import foreign_file
from checklists.queries.stored import path_of
from checklists.rules import files as rules
from warroom.actions.change import Change, change, demand
from warroom.actions.refusals import Invalid
from warroom.models import Right, User

COUNTED = ["count_done", "state", "state_by", "state_by_name", "state_at", "started_at", "revision"]


def attach_file(item: ChecklistItem, name: str, content: bytes, *, by: User) -> ItemFile:
    """Attach a file to an item and return its row; the same bytes again are the same row.

    Where an item counts what is attached ("3 of 7 attached"), the file counts by itself. Raises
    Invalid for what is too big, of no known kind or one too many, NotAllowed without the right to
    tick.
    """
    name = rules.safe_name(name)
    if wrong := rules.objection(name, content):
        raise Invalid("file", wrong)
    demand(item.plan, by, Right.TICK)  # before anything reaches the disk
    sha256 = hashlib.sha256(content).hexdigest()
    if wrong := foreign_file(sha256, content, item.plan):
        raise Invalid("file", wrong)
    with change(item.plan, by=by, right=Right.TICK) as attaching:
        item = locked_item(attaching, item)
        there = item.files.filter(sha256=sha256).first()
        if there is not None:
            return there
        if item.files.count() >= rules.LIMIT_FILES:
            raise Invalid(
                "file",
                _("{item} has {limit_files} files, and takes no more.").format(
                    item=item.ref, limit_files=rules.LIMIT_FILES
                ),
            )
        keep_bytes(sha256, content)  # before the commit: a row never names bytes that are not there
        row = ItemFile.objects.create(
            item=item,
            name=name,
            content_type=rules.content_type(name, content),
            size=len(content),
            sha256=sha256,
            by=by,
            by_name=attaching.author_name,
            at=attaching.at,
        )
        before = item.state
        _count(attaching, item)
        _record(attaching, item, row, before)
    return row


def keep_bytes(sha256: str, content: bytes) -> None:
    """Write a file once, whole or not at all: nobody ever reads half of one."""
    path = path_of(sha256)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _count(attaching: Change, item: ChecklistItem) -> None:
    """The file counts where files are counted; the first one begins the item."""
    if item.count_unit != "attached" or not item.count_of:
        return
    done = min(item.count_of, max(item.files.count(), item.count_done or 0))
    if done == item.count_done:
        return
    item.count_done = done
    item.revision += 1
    if item.state == "open":
        item.state, item.state_at, item.started_at = "doing", attaching.at, attaching.at
        item.state_by, item.state_by_name = attaching.author, attaching.author_name
    item.save(update_fields=COUNTED)


def _record(attaching: Change, item: ChecklistItem, row: ItemFile, before: str) -> None:
    attaching.record(
        "item.attached",
        _("{item} {item_text}: {row} attached").format(
            item=item.ref, item_text=item.text, row=row.name
        ),
        item=item.number,
        ref=item.ref,
        phase=item.phase.number,
        before=before,
        after=item.state,
        count=item.count_done,
        file={"name": row.name, "size": row.size, "sha256": row.sha256},
    )
