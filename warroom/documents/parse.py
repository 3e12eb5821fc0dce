"""Text to blocks with line numbers.

markdown-it does the block structure; its inline rules are switched off, because items need plain
words and some inline rules are not linear. Boxes are read here, from the first line of a list
item, so that ``[✅]``, ``[X]`` and ``[  ]`` mean what their authors meant.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.token import Token

from warroom.documents.blocks import (
    Block,
    Document,
    Fence,
    Heading,
    Html,
    ListBlock,
    ListItem,
    Paragraph,
    Quote,
    Row,
    Rule,
    Section,
    Table,
)
from warroom.documents.plain import plain
from warroom.documents.source import DocumentError, Source, decode

__all__ = ["DocumentError", "Source", "decode", "parse"]

COLUMNS = 40  # of a table
_BOX = re.compile(r"^\[(?P<mark>\s{1,3}|x|X|✅|✓|✔|☑|✅\ufe0f|✔\ufe0f|☑\ufe0f)\](?=\s|$)")
_GLYPH = re.compile(r"^(?P<mark>☐|☑|☒|⬜|🔲|✔\ufe0f?(?= \[))\ufe0f?\s+")
_ESCAPED = re.compile(r"^\s*\\(?:#|-|\*|\[|>|\d)")
_UNESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FRONT_KEY = re.compile(r"^([A-Za-z][\w .-]{0,60}?)\s*:\s*(.*)$")


def parse(text: str) -> Document:
    """Blocks and lines of ``text``, in linear time; any text gives a document.

    Raises DocumentError only for text over the limit.
    """
    text = decode(text).text
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    front, front_end = _front_matter(lines)
    body = [""] * front_end + lines[front_end:]
    escaped = _is_escaped(body)
    if escaped:
        body = [_UNESCAPE.sub(r"\1", line) for line in body]
    # Hundreds of columns are no table of a plan, but would cost a token per cell.
    body = [line.replace("|", "¦") if line.count("|") > 2 * COLUMNS else line for line in body]
    tokens = _markdown().parse("\n".join(body))
    blocks = _build(tokens)
    return Document(text, lines, _sections(blocks), front, front_end, escaped)


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark").enable("table")
    # Reference definitions vanish from the token stream; as paragraphs they keep their lines.
    markdown.disable(["reference"])
    markdown.core.ruler.disable(["inline"])
    return markdown


def _is_escaped(lines: list[str]) -> bool:
    """Whether every Markdown sign was escaped, as some editors do on export."""
    written = [line for line in lines if line.strip()]
    escaped = sum(1 for line in written if _ESCAPED.match(line))
    return escaped >= 3 and escaped * 4 >= len(written)


def _front_matter(lines: list[str]) -> tuple[dict[str, str], int]:
    if not lines or lines[0].rstrip() != "---":
        return {}, 0
    for number, line in enumerate(lines[1:200], start=2):
        if line.rstrip() in ("---", "..."):
            return _front_facts(lines[1 : number - 1]), number
    return {}, 0


def _front_facts(lines: list[str]) -> dict[str, str]:
    facts = {}
    for line in lines:
        match = _FRONT_KEY.match(line)
        if match:
            facts[match[1].strip()] = match[2].strip().strip("'\"")
    return facts


def _build(tokens: list[Token]) -> list[Block]:
    """Fold the flat token stream into nested blocks with an explicit stack."""
    top: list[Block] = []
    stack: list[list[Block]] = [top]
    open_lists: list[ListBlock] = []
    n = 0
    while n < len(tokens):
        token = tokens[n]
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            block = ListBlock(*_span(token), ordered=kind.startswith("ordered"))
            stack[-1].append(block)
            open_lists.append(block)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            open_lists.pop()
        elif kind == "list_item_open":
            item = ListItem(*_span(token), number=int(token.info) if token.info else None)
            open_lists[-1].items.append(item)
            stack.append(item.blocks)
        elif kind == "list_item_close":
            stack.pop()
            _settle(open_lists[-1].items[-1])
        elif kind == "blockquote_open":
            quote = Quote(*_span(token))
            stack[-1].append(quote)
            stack.append(quote.blocks)
        elif kind == "blockquote_close":
            stack.pop()
        elif kind == "table_open":
            table, n = _table(tokens, n)
            stack[-1].append(table)
        elif kind in ("heading_open", "paragraph_open"):
            stack[-1].append(_text_block(token, tokens[n + 1]))
        elif kind in ("fence", "code_block", "html_block", "hr"):
            stack[-1].append(_leaf(token))
        n += 1
    return top


def _span(token: Token) -> tuple[int, int]:
    start, end = token.map or (0, 1)
    return start + 1, max(end, start + 1)


def _text_block(token: Token, inline: Token) -> Block:
    if token.type == "heading_open":
        return Heading(*_span(token), level=int(token.tag[1]), text=plain(inline.content))
    return Paragraph(*_span(token), text=inline.content)


def _leaf(token: Token) -> Block:
    if token.type == "hr":
        return Rule(*_span(token))
    if token.type == "html_block":
        comment = token.content.lstrip().startswith("<!--")
        return Html(*_span(token), text=token.content, comment=comment)
    words = token.info.split()
    info = words[0].lower() if words else ""
    return Fence(*_span(token), info=info, text=token.content, fenced=token.type == "fence")


def _table(tokens: list[Token], n: int) -> tuple[Table, int]:
    table = Table(*_span(tokens[n]))
    cells: list[str] = []
    line = table.line
    while tokens[n].type != "table_close":
        token = tokens[n]
        if token.type == "tr_open":
            cells, line = [], _span(token)[0]
        elif token.type == "inline":
            cells.append(token.content.strip())
        elif token.type == "tr_close":
            if table.header:
                table.rows.append(Row(line, line, cells=tuple(cells)))
            else:
                table.header = tuple(cells)
        n += 1
    return table, n


def _settle(item: ListItem) -> None:
    """Give a list item its own text and box, taken from its first paragraph."""
    if not item.blocks or not isinstance(item.blocks[0], Paragraph):
        return
    first = item.blocks.pop(0)
    assert isinstance(first, Paragraph)
    text = first.text.lstrip()
    match = _BOX.match(text)
    if match:
        item.box = "done" if match["mark"].strip() else "open"
        text = text[match.end() :]
    item.text = text.strip()


def glyph_box(text: str) -> str | None:
    """The state of a line that starts with a drawn box (☐ ☑ ⬜), or None."""
    match = _GLYPH.match(text)
    if not match:
        return None
    return "open" if match["mark"] in "☐⬜🔲" else "done"


def _sections(blocks: list[Block]) -> list[Section]:
    """Cut the top level into sections by heading; headings inside quotes and lists stay there."""
    current = Section(None)
    sections = [current]
    for block in blocks:
        if not isinstance(block, Heading):
            current.blocks.append(block)
            continue
        parent = current
        while parent.heading is not None and parent.level >= block.level:
            parent = parent.parent or sections[0]
        current = Section(block, parent if parent.heading is not None else None)
        parent.children.append(current)
        sections.append(current)
    return sections
