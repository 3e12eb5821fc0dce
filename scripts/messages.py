"""Collects every text into locale/<language>/LC_MESSAGES/django.po, and packs it into django.mo.

Wants GNU gettext (Debian: gettext). Prints how many texts of each language are not translated, or
only roughly (fuzzy), and exits with 1 if there are any.
"""

import os
import subprocess
import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("tests/*", "scripts/*", "var/*", ".venv/*", "docs/*", "*/migrations/*")


def main() -> int:
    ignored = [word for pattern in LEFT_OUT for word in ("--ignore", pattern)]
    command = [sys.executable, "manage.py", "makemessages", "-l", "de", "--no-obsolete"]
    command += ["--add-location", "file", "--no-wrap", *ignored]
    # The demo's own texts are data; its command line is for operators, in English.
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "DJANGO_DEBUG": "1"})
    return sum(pack(path) for path in sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po")))


def pack(path: Path) -> int:
    """Write the .mo beside it; 1 where something is not translated."""
    catalogue = polib.pofile(str(path))
    catalogue.metadata = {  # without times, which would differ at each run
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": path.parts[-3],
        "MIME-Version": "1.0",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    catalogue.save(str(path))
    catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    left = len(catalogue.untranslated_entries()) + len(catalogue.fuzzy_entries())
    print(f"{path.parts[-3]}: {len(catalogue)} texts, {left} not translated")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
