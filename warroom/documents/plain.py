"""Inline Markdown to the words a person reads. Every pattern is linear: no nested repeats."""

import re

LONGEST = 4_000  # characters; the longest item ever seen has 575

_CODE = re.compile(r"(`+[^`]*`+)")
_COMMENT = re.compile(r"<!--[^<]*?-->")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?: [\"'(][^()]*[\"')])?\)")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]+)>")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_STRONG = re.compile(r"\*{2,3}|~~")
_STRONG_UNDER = re.compile(r"(?<![\w_])__(?=[^\s_])|(?<=[^\s_])__(?![\w_])")
_STAR = re.compile(r"(?<![*\w\\])\*([^*\s](?:[^*]*[^*\s\\])?)\*(?![*\w])")
_UNDER = re.compile(r"(?<![\w_])_([^_\s](?:[^_]*[^_\s])?)_(?![\w_])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(r"[*_`<\[\\~]")
_SPACES = re.compile(r"\s+")

TICKS = "✅✓✔☑"
CROSSES = "❌✗✘✖"
_MARKS = re.compile(rf"[{TICKS}{CROSSES}⚠⏳🔄📋🟢🟡🔴⬜☐🚫]\ufe0f?")
_SHORTCODE = re.compile(r":(?:white_check_mark|heavy_check_mark|x|warning|construction):")


def plain(text: str) -> str:
    """The text without inline markup: emphasis, links, tags and escapes; code keeps its words."""
    text = text[:LONGEST]
    if not _MARKUP.search(text):  # most cells and items have none
        return _SPACES.sub(" ", text).strip()
    parts = _CODE.split(text)
    read = [p.strip("`") if n % 2 else _plain_words(p) for n, p in enumerate(parts)]
    return _SPACES.sub(" ", "".join(read)).strip()


def _plain_words(text: str) -> str:
    text = _COMMENT.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _TAG.sub("", _BREAK.sub(" ", text))
    text = _STRONG_UNDER.sub("", _STRONG.sub("", text))
    text = _UNDER.sub(r"\1", _STAR.sub(r"\1", text))
    return _ESCAPE.sub(r"\1", text)


def without_marks(text: str) -> str:
    """The text without status emoji and their shortcodes, which decorate but do not tick."""
    return _SPACES.sub(" ", _MARKS.sub("", _SHORTCODE.sub("", text))).strip()


def has_tick(text: str) -> bool:
    return any(mark in text for mark in TICKS)


_PLACEHOLDER = re.compile(
    r"^(?:[_\s.]{3,}|\[[^\[\]]{1,60}\]|\{\{[^{}]{0,80}\}\}|<[^<>]{1,60}>|tbd|tba|todo|n/?a|待定|-|–|—|\?+)$",
    re.I,
)


def is_blank(text: str) -> bool:
    """Whether a value is a blank to fill: nothing, ____, [TBD], {{ name }}."""
    text = plain(text)
    return not text or bool(_PLACEHOLDER.match(text))
