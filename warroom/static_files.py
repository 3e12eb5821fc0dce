"""Many small sources, one request: what a page loads is joined from its components.

Sources stay one file per component; nobody runs a build. The joined files are made whenever static
files are looked for, so that ``collectstatic``, tests and debug serve the very same ones.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The cascade: tokens first, because it fixes the order of the layers; print last.
STYLES = (
    "tokens",
    "base",
    "layout",
    "signal",
    "board",
    "button",
    "panel",
    "needs",
    "track",
    "progress",
    "tile",
    "table",
    "matrix",
    "checklist",
    "editing",
    "sign",
    "feed",
    "ladder",
    "form",
    "seats",
    "notice",
    "pairs",
    "scale",
    "dialog",
    "room",
    "plans",
    "gate",
    "votes",
    "meeting",
    "criteria",
    "checks",
    "runs",
    "findings",
    "load",
    "risks",
    "import",
    "new",
    "settings",
    "status",
    "wall",
    "sign-in",
    "rights",
    "link",
    "print",
)
# htmx first, because the modules may ask for it; then each in a scope of its own.
HTMX = "django_htmx/htmx-2.min.js"
SCRIPTS = (
    "words",
    "link",
    "clock",
    "page",
    "theme",
    "fragments",
    "say",
    "reload",
    "saving",
    "unsaved",
    "act",
    "forms",
    "drafts",
    "keys",
    "copy",
    "reread",
    "lists",
    "room",
    "poll",
    "live",
    "tabs",
)
CSS, JS = "css/warroom.css", "js/warroom.js"


def joined_css() -> str:
    """The stylesheets of ``STYLES`` in their order. Raises FileNotFoundError for a missing one."""
    return "\n".join(f"/* {name} */\n{_source(f'css/{name}.css')}" for name in STYLES)


def joined_js() -> str:
    """htmx and the scripts of ``SCRIPTS``; what one of them throws does not stop the others."""
    parts = [_source(HTMX), *(_alone(name, _source(f"js/{name}.js")) for name in SCRIPTS)]
    return "\n;\n".join(parts)


def _alone(name: str, source: str) -> str:
    body = f'(() => {{ "use strict";\n{source}\n}})()'
    return f"/* {name} */ try {{ {body}; }} catch (error) {{ reportError(error); }}"


def _source(name: str) -> str:
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"{name} is listed in {__name__} and does not exist")
    return Path(path).read_text(encoding="utf-8")


MADE = {CSS: joined_css, JS: joined_js}


class JoinedFinder(BaseFinder):
    """Finds the joined files, made anew under ``var/joined`` when a source has changed."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__()
        self.storage = FileSystemStorage(location=settings.VAR_DIR / "joined")

    def check(self, **options: object) -> list:
        return []

    def find(self, path: str, find_all: bool = False, **options: object) -> str | list[str]:
        found = [str(self._made(path))] if path in MADE else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in MADE:
            self._made(path)
            yield path, self.storage

    def _made(self, name: str) -> Path:
        file, text = Path(self.storage.path(name)), MADE[name]()
        # Only when it differs: whoever compares times would collect everything anew.
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            _replace(file, text)
        return file


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, suffix=".new", delete=False
    ) as new:
        new.write(text)
    os.chmod(new.name, 0o644)
    os.replace(new.name, file)


class _Best(Compressor):
    """Brotli for what every page loads; gzip alone for the rest.

    At its best setting Brotli took 30 s of CPU for all files on the first start, most of them the
    admin's, which hardly anybody fetches.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(use_brotli=True, **options)
        self._rest = Compressor(use_brotli=False, **options)

    def compress(self, path: str) -> list[str]:
        everywhere = Path(path).name.startswith("warroom.")
        return super().compress(path) if everywhere else self._rest.compress(path)


class JoinedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed names, which browsers may keep for ever, with gzip and Brotli beside them."""

    def create_compressor(self, **options: Any) -> Compressor:
        return _Best(**options)
