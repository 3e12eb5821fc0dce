"""Which files may be attached: by their name and by what they begin with. Pure.

Only what a browser shows harmlessly or hands to the reader's disk: no HTML, no SVG, no programs.
"""

import re
import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

MB = 1024 * 1024
LIMIT_BYTES, LIMIT_FILES = 10 * MB, 50
NAME_LIMIT = 120

TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "txt": "text/plain",
    "log": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
TAKEN = _l("png, jpg, gif, webp, pdf, zip, txt, log, md, csv, json, xml or yaml")
_WAYS_OUT = {
    "svg": _l("An SVG can carry script: attach it as PNG."),
    "html": _l("A page can carry script: attach it as PDF, or a screenshot as PNG."),
    "htm": _l("A page can carry script: attach it as PDF, or a screenshot as PNG."),
    "heic": _l("Save the picture as JPG."),
    "bmp": _l("Save the picture as PNG."),
    "doc": _l("Save it as PDF."),
    "docx": _l("Save it as PDF."),
    "xls": _l("Save it as PDF or CSV."),
    "xlsx": _l("Save it as PDF or CSV."),
    "gz": _l("Pack it as ZIP."),
    "tar": _l("Pack it as ZIP."),
    "tgz": _l("Pack it as ZIP."),
}
_BEGINS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.S), "image/webp"),
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"PK(?:\x03\x04|\x05\x06)"), "application/zip"),
)
# Controls that stand in no text: colours of a terminal (ESC) and page breaks do.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UNSAFE = re.compile(r"[^\w .()+,@=#~&-]+")


def safe_name(name: str) -> str:
    """The file's name without folders and without what could be taken for something else.

    Letters of every script stay; controls, quotes, slashes and marks that turn the direction of
    writing go. The ending is kept, the whole at most NAME_LIMIT characters.
    """
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    plain = _UNSAFE.sub("_", plain).strip(" ._") or "file"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:NAME_LIMIT]
    return f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"


def content_type(name: str, content: bytes) -> str | None:
    """What a file is, where its ending and its content agree on something that is taken."""
    wanted = TYPES.get(_ending(name))
    if wanted is None or not content:
        return None
    return wanted if _sniffed(content) in (wanted, _family(wanted)) else None


def objection(name: str, content: bytes) -> str | None:
    """Why a file is not taken, and what would be; the sentence, or None."""
    ending, size = _ending(name), len(content)
    if not size:
        return _("{name} is empty.").format(name=name)
    if size > LIMIT_BYTES:
        return _(
            "{name} has {size:.1f} MB; {limit_bytes} MB are taken. Attach the part "
            "that matters, or put it elsewhere and give the link."
        ).format(name=name, size=size / MB, limit_bytes=LIMIT_BYTES // MB)
    if ending not in TYPES:
        way_out = _WAYS_OUT.get(ending, f"Attach {TAKEN}.")
        return _("{name} is not taken: {words}. {way_out}").format(
            name=name, words=f".{ending}" if ending else _("it has no ending"), way_out=way_out
        )
    if content_type(name, content) is None:
        found = _sniffed(content)
        said = {"text": "text", "": _("something else")}.get(found, found.partition("/")[2].upper())
        return _(
            "{name} is not what its ending says: it begins like {said}. Give the right ending."
        ).format(name=name, said=said)
    return None


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _family(wanted: str) -> str:
    binary = {found for _unused, found in _BEGINS}
    return wanted if wanted in binary else "text"


def _sniffed(content: bytes) -> str:
    for begins, found in _BEGINS:
        if begins.match(content):
            return found
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "" if not utf16 and _BINARY.search(content[:65_536]) else "text"
