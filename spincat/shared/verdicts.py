"""The table at the end of a chapter: what the paper says, what was computed, and the verdict."""

from __future__ import annotations

from typing import ClassVar

import numpy as np


class VerdictTable:
    """Rows of claim, paper, ours and verdict, rendered as a Markdown table by Jupyter.

    A verdict is what the book says of the paper; it is shown only if the check behind it held.
    If that failed, because the book is wrong or the parameters are outside the range in which the
    claim can be decided, the row says "undecided".

    Examples
    --------
    >>> table = VerdictTable()
    >>> table.number("even cat, steady state", paper=0.998, ours=0.99792, tolerance=0.0005)
    >>> table.claim("Eq. 14", "no square", "squared bracket", "corrected", holds=True)
    >>> [row[-1] for row in table.rows]
    ['confirmed', 'corrected']
    """

    VERDICTS: ClassVar[dict[str, str]] = {
        "confirmed": "confirmed",
        "conditional": "confirmed with a condition",
        "corrected": "corrected",
        "refuted": "refuted",
        "open": "not decidable here",
    }
    UNDECIDED = "undecided"

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def number(self, claim: str, *, paper: float, ours: float, tolerance: float) -> None:
        """Add a number of the paper: confirmed if ours is within ``tolerance``, else refuted."""
        verdict = "confirmed" if abs(paper - ours) <= tolerance else "refuted"
        digits = max(0, int(np.ceil(-np.log10(tolerance)))) + 1
        self.rows.append((claim, f"{paper:g}", f"{ours:.{digits}f} (± {tolerance:.1g})", verdict))

    def claim(self, claim: str, paper: str, ours: str, verdict: str, *, holds: bool) -> None:
        """Add a statement with its ``verdict`` if the check behind that ``holds``.

        Raises
        ------
        ValueError
            If ``verdict`` is none of confirmed, conditional, corrected, refuted, open.
        """
        if verdict not in self.VERDICTS:
            raise ValueError(f"verdict = {verdict!r}; allowed: {', '.join(self.VERDICTS)}")
        said = self.VERDICTS[verdict] if holds else self.UNDECIDED
        self.rows.append((claim, paper, ours, said))

    def _repr_markdown_(self) -> str:
        head = ("Claim", "Verdict", "The paper", "This book"), ("---",) * 4
        body = [(row[0], f"**{row[3]}**", *row[1:3]) for row in self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in (*head, *body))

    def __repr__(self) -> str:
        return "\n".join("  |  ".join(row) for row in self.rows)
