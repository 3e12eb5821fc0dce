"""Forms that come back every day: when they are due, what was missed, what was answered. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

KINDS = ("text", "number", "yes-no")
FILLED, DUE, MISSED, AHEAD = "filled", "due", "missed", "ahead"
REPLAN = "replan"  # what moves because of the day; asked on every form (S97)
MOST_DAYS, MOST_QUESTIONS, LABEL_LIMIT, ANSWER_LIMIT = 366, 30, 200, 4000
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,6})?")

Question = Mapping[str, object]


def due_at(day: date, at: time, zone: str) -> datetime:
    """When a day's form is due (UTC): ``at`` o'clock in the plan's zone.

    A time that the clocks skip comes as much later as they skip; one that comes twice is meant as
    the first.
    """
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def state_of(day: date, at: time, zone: str, filled: bool, now: datetime) -> str:
    """A day without answers is due until the next day's form is, and missed from then on."""
    if filled:
        return FILLED
    if now < due_at(day, at, zone):
        return AHEAD
    return DUE if now < due_at(day + timedelta(days=1), at, zone) else MISSED


def local_day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def days_of(first: date, last: date | None, today: date) -> Iterator[date]:
    """The days that a form was or is for, up to today; at most MOST_DAYS, the newest."""
    end = min(last or today, today)
    count = (end - first).days + 1
    for n in range(max(0, count - MOST_DAYS), count):
        yield first + timedelta(days=n)


# --- questions -------------------------------------------------------------------------------


def read_questions(text: str) -> list[dict[str, object]]:
    """Questions, one per line: ``Open incidents | number | optional``.

    Raises ValueError with a sentence that names the line.
    """
    found: list[dict[str, object]] = []
    for n, line in enumerate(text.replace("\0", "").splitlines(), 1):
        label, *more = (part.strip() for part in line.split("|"))
        if not label and not any(more):
            continue
        found.append(_question(n, label, [word.lower() for word in more if word], found))
    if not found:
        raise ValueError(_("Ask at least one question, one per line."))
    if len(found) > MOST_QUESTIONS:
        raise ValueError(
            _("{count} questions; {most} are allowed.").format(
                count=len(found), most=MOST_QUESTIONS
            )
        )
    return found


def _question(n: int, label: str, more: list[str], others: Sequence[Question]) -> dict[str, object]:
    if not label or len(label) > LABEL_LIMIT:
        raise ValueError(
            _("Line {n}: a question has 1 to {most} characters before the |.").format(
                n=n, most=LABEL_LIMIT
            )
        )
    unknown = [word for word in more if word not in (*KINDS, "optional")]
    if unknown:
        raise ValueError(
            _(
                "Line {n}: {unknown!r} is no kind of answer. "
                "Write text, number, yes-no or optional."
            ).format(n=n, unknown=unknown[0])
        )
    kind = next((word for word in more if word in KINDS), "text")
    key = key_of(label)
    taken = {str(other["key"]) for other in others} | {REPLAN}
    while key in taken:
        key = f"{key}-{n}"
    return {"key": key, "label": label, "kind": kind, "wanted": "optional" not in more}


def key_of(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "question"


def questions_text(questions: Sequence[Question]) -> str:
    """The questions as they are typed: what ``read_questions`` reads."""
    lines = []
    for one in questions:
        kind = [str(one["kind"])] if one.get("kind", "text") != "text" else []
        optional = [] if one.get("wanted", True) else ["optional"]
        lines.append(" | ".join([str(one["label"]), *kind, *optional]))
    return "\n".join(lines)


# --- answers ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """Answers as they are kept, by key; ``wrong``: a sentence for each that cannot be."""

    answers: dict[str, str]
    wrong: dict[str, str]


def check_answers(questions: Sequence[Question], given: Mapping[str, object]) -> Checked:
    """Judge a day's answers. What nobody asked is left out; what is optional may be empty."""
    answers: dict[str, str] = {}
    wrong: dict[str, str] = {}
    asked = [*questions, {"key": REPLAN, "label": _("What moves"), "wanted": False}]
    for one in asked:
        key = str(one["key"])
        said = str(given.get(key) or "").replace("\0", "").strip()
        if objection := _objection(one, said):
            wrong[key] = objection
        elif said:
            answers[key] = said
    return Checked(answers, wrong)


def _objection(question: Question, said: str) -> str | None:
    kind = question.get("kind", "text")
    if not said:
        return _("This answer is wanted.") if question.get("wanted", True) else None
    if len(said) > ANSWER_LIMIT:
        return _("{count} characters; {answer_limit} are allowed.").format(
            count=len(said), answer_limit=ANSWER_LIMIT
        )
    if kind == "number" and not _NUMBER.fullmatch(said):
        return _("{said!r} is no number.").format(said=said[:40])
    if kind == "yes-no" and said not in ("yes", "no"):
        return _("Answer yes or no.")
    return None


def summary(questions: Sequence[Question], answers: Mapping[str, object]) -> str:
    """The answers in one line, in the order of the questions, and what moves."""
    said = [f"{one['label']}: {answers[one['key']]}" for one in questions if one["key"] in answers]
    if answers.get(REPLAN):
        said.append(_("What moves: {replan}").format(replan=answers[REPLAN]))
    return ". ".join(said)
