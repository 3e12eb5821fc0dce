"""The readiness score: a table of categories with their weights."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.text import slugify

from checklists.models import ReadinessCategory
from warroom.documents.blocks import Document, Row, Table
from warroom.documents.plain import is_blank, plain, without_marks
from warroom.documents.readers import WARNING, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan

LIMIT = 50
_WEIGHT = re.compile(r"^(?:weight(?:ing)?|gewicht(?:ung)?|peso|poids|權重|权重)\b", re.I)
_LABEL = re.compile(
    r"^(?:categor|area|dimension|criteri|bereich|kategorie|área|item|domain|factor|component)", re.I
)
_TARGET = re.compile(r"target|goal|minimum|threshold|ziel|required", re.I)
_TOTAL = re.compile(r"^(?:sub)?total|^overall|^sum(?:me)?\b|^gesamt|^weighted", re.I)


@dataclass(frozen=True, slots=True)
class CategoryFound:
    """``weight`` in percent, as the document says, whatever they add up to."""

    key: str
    label: str
    weight: Decimal
    target: str
    line: int


class Readiness(Reader):
    name = "readiness"
    order = 35  # before the criteria, whose tables also have targets

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[CategoryFound] = []
        for section in document.sections:
            for block in section.blocks:
                if isinstance(block, Table) and not found and not understanding.is_claimed(block):
                    found = _categories(block, understanding)
        understanding.parts["readiness"] = tuple(found)
        total = sum(category.weight for category in found)
        if found and total != 100:
            text = f"The weights of the readiness score add up to {total.normalize():f} %, not 100."
            way_out = "Correct them in the settings of the release."
            understanding.find(found[0].line, WARNING, "weights", text, way_out)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found = understanding.parts["readiness"]
        if creation.extending and plan.readiness.exists():
            return  # the weights of a plan are one whole
        creation.made["readiness"] = ReadinessCategory.objects.bulk_create(
            ReadinessCategory(
                plan=plan,
                key=one.key,
                label=one.label,
                weight=one.weight,
                target=one.target,
                position=place,
                source_line=creation.source(one.line),
            )
            for place, one in enumerate(found, start=1)
        )


def _categories(table: Table, understanding: Understanding) -> list[CategoryFound]:
    heads = [without_marks(plain(cell)) for cell in table.header]
    weight = next((n for n, head in enumerate(heads) if _WEIGHT.match(head)), None)
    label = next((n for n, head in enumerate(heads) if _LABEL.match(head)), None)
    if weight is None or label is None:
        return []
    target = next((n for n, head in enumerate(heads) if _TARGET.search(head)), None)
    rows = [_category(row, label, weight, target) for row in table.rows]
    found = {one.key: one for one in rows if one is not None}
    if len(found) < 2:
        return []
    understanding.claim(table, "readiness", f"Readiness score: {len(found)} categories")
    understanding.claim(table.line + 1, "readiness", "")
    for one in list(found.values())[:LIMIT]:
        understanding.claim(one.line, "readiness", f"Category, weight {one.weight.normalize():f} %")
    return list(found.values())[:LIMIT]


def _category(row: Row, label: int, weight: int, target: int | None) -> CategoryFound | None:
    def cell(n: int | None) -> str:
        return plain(row.cells[n]) if n is not None and n < len(row.cells) else ""

    name, share = without_marks(cell(label)), _share(cell(weight))
    if not name or is_blank(name) or share is None or _TOTAL.match(name):
        return None
    key = slugify(name.replace("/", " "))[:60].strip("-") or f"category-{row.line}"
    wanted = "" if is_blank(cell(target)) else cell(target)[:60]
    return CategoryFound(key, name[:200], share, wanted, row.line)


def _share(text: str) -> Decimal | None:
    """Percent of "20%", "20 %" or "0.2" (a share of one)."""
    match = re.search(r"\d{1,3}(?:[.,]\d{1,3})?", text)
    if match is None:
        return None
    try:
        share = Decimal(match[0].replace(",", "."))
    except InvalidOperation:
        return None
    share = share * 100 if share < 1 and "%" not in text else share
    return round(share, 2) if 0 < share <= 1000 else None


register(Readiness())
