"""Procedures as Markdown, for people who keep them on paper."""

from __future__ import annotations

from collections.abc import Iterable

from rollouts.models import ProcedureStep, RollbackProcedure
from warroom.rules.wording import span_text


def as_markdown(title: str, rows: Iterable[RollbackProcedure]) -> str:
    """Each procedure with its ordered steps and its table of targets."""
    parts = [f"# Rollback of {title}"]
    for row in rows:
        parts += _procedure(row)
    return "\n\n".join(parts) + "\n"


def _procedure(row: RollbackProcedure) -> Iterable[str]:
    steps = list(row.steps.all())
    yield f"## Rollback Procedure: {_line(row.name)}"
    goes = f"{row.to_percent} %" + (f", {_line(row.to_text)}" if row.to_text else "")
    takes = f" Takes back {', '.join(row.parts)}." if row.parts else ""
    yield f"Goes to {goes}.{takes}"
    if steps:
        yield "\n".join(_step(number, step) for number, step in enumerate(steps, start=1))
    said = [(step.title, step.target_s) for step in steps if step.target_s is not None]
    if row.target_s is not None or said:
        yield "### Time Target"
        lines = [f"- **{_line(title)}:** < {_length(seconds)}" for title, seconds in said]
        if row.downtime_target_s is not None:
            lines.append(f"- **Downtime:** < {_length(row.downtime_target_s)}")
        if row.target_s is not None:
            lines.append(f"- **Total:** < {_length(row.target_s)}")
        yield "\n".join(lines)
    if row.command:
        yield f"```bash\n{row.command}\n```"


def _step(number: int, step: ProcedureStep) -> str:
    more = [f" — {_line(step.expected)}"] if step.expected else []
    more += [" (blocks what follows)"] if step.blocking else []
    more += [f"\n   ```bash\n   {line}\n   ```" for line in [step.command.strip()] if line]
    return f"{number}. {_line(step.title)}{''.join(more)}"


def _length(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds % 60 == 0 and seconds else span_text(seconds)


def _line(text: str) -> str:
    return " ".join(text.split())
