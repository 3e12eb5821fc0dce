"""The words of a go/no-go, and a reason that leads to one of them."""

from dataclasses import dataclass

GO, HOLD, NO_GO = "go", "hold", "no-go"
WORDS = (GO, HOLD, NO_GO)
FINAL = frozenset({GO, NO_GO})
SHOWN = {GO: "GO", HOLD: "HOLD", NO_GO: "NO-GO"}


@dataclass(frozen=True)
class Reason:
    """One reason and the word that it alone would lead to."""

    word: str
    text: str


def ended(text: str) -> str:
    """A sentence with its full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
