"""Bytes to text: the limits, the encodings and the one repair that is made."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

LIMIT_BYTES = 1_048_576
LIMIT_LINES = 15_000  # four times the longest document ever seen

_FOREIGN = (
    (b"PK\x03\x04", "a zip archive (a .docx or .zip file)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "a rich text file"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class DocumentError(ValueError):
    """A document that cannot be read.

    ``line`` is 1-based, ``text`` says what is wrong, ``would_be_right`` what would be right.
    """

    def __init__(self, line: int, text: str, would_be_right: str):
        super().__init__(
            _("Line {line}: {text} {would_be_right}").format(
                line=line, text=text, would_be_right=would_be_right
            )
        )
        self.line = line
        self.text = text
        self.would_be_right = would_be_right


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a document, and what had to be done to read it."""

    text: str
    repaired: bool = False
    notes: tuple[str, ...] = ()


def decode(data: bytes | str) -> Source:
    """Return the text of ``data``; raise DocumentError for what is no UTF-8 text under 1 MB.

    Accepts text too (a pasted form field), which then passes the same limits.
    """
    text, notes = clean_text(data)
    _refuse_long(text)
    repaired = repair(text)
    if repaired is None:
        return Source(text, False, tuple(notes))
    notes.append(
        _("UTF-8 that had once been read as Mac Roman was repaired by the strict round trip.")
    )
    return Source(repaired, True, tuple(notes))


def clean_text(data: bytes | str, wanted: str = "Markdown") -> tuple[str, list[str]]:
    """The text of ``data`` with line ends of one kind, and what had to be done for it.

    Raises DocumentError for what is no UTF-8 text under 1 MB; ``wanted`` names what it should be.
    """
    data = _as_bytes(data)
    _refuse_foreign(data, wanted)
    _refuse_large(data)
    _refuse_nul(data)
    text = _decode_utf8(data)
    notes = []
    if text.startswith("\ufeff"):
        text = text.lstrip("\ufeff")
        notes.append(_("A byte order mark at the start was dropped."))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        notes.append(_("Windows line ends were read as line ends."))
    return text, notes


def repair(text: str) -> str | None:
    """Undo one mis-reading of UTF-8 as Mac Roman, or return None when the text was fine.

    Strict both ways: a text that holds one character outside Mac Roman, or whose Mac Roman bytes
    are no valid UTF-8, was never damaged in this way. Plain ASCII survives the trip unchanged and
    is no repair.
    """
    try:
        repaired = text.encode("mac_roman").decode("utf-8")
    except UnicodeError:
        return None
    return None if repaired == text else repaired


def _as_bytes(data: bytes | str) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return data.encode("utf-8")
    except UnicodeEncodeError as error:
        line = data.count("\n", 0, error.start) + 1
        raise DocumentError(
            line,
            _("Half of a surrogate pair stands here."),
            _("Only whole characters can be stored."),
        ) from None


def _refuse_foreign(data: bytes, wanted: str) -> None:
    ending = _(".md or .txt") if wanted == "Markdown" else f".{wanted.lower()}"
    for magic, name in _FOREIGN:
        if data.startswith(magic):
            raise DocumentError(
                1,
                _("This is {name}, not {wanted}.").format(name=name, wanted=wanted),
                _("Export it as a {ending} file in UTF-8.").format(ending=ending),
            )
    if data.startswith(_UTF16):
        raise DocumentError(1, _("This text is UTF-16."), _("Save it as UTF-8."))


def _refuse_large(data: bytes) -> None:
    if len(data) <= LIMIT_BYTES:
        return
    line = data.count(b"\n", 0, LIMIT_BYTES) + 1
    raise DocumentError(
        line,
        _("The document has more than {limit_bytes:,} bytes; the limit ends in this line.").format(
            limit_bytes=LIMIT_BYTES
        ),
        _("Split it, or leave out logs and pictures."),
    )


def _refuse_long(text: str) -> None:
    if text.count("\n") > LIMIT_LINES:
        raise DocumentError(
            LIMIT_LINES + 1,
            _("The document has more than {limit_lines:,} lines.").format(limit_lines=LIMIT_LINES),
            _("Split it, or leave out logs."),
        )


def _refuse_nul(data: bytes) -> None:
    place = data.find(b"\0")
    if place >= 0:
        raise DocumentError(
            data.count(b"\n", 0, place) + 1,
            _("A NUL byte stands here; this is not a text file."),
            _("Only UTF-8 text can be imported."),
        )


def _decode_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start : error.start + 1].hex()
        raise DocumentError(
            line,
            _("Byte 0x{bad} is not UTF-8.").format(bad=bad),
            _("Save the file as UTF-8 and try again."),
        ) from None
