"""The table at the end of a chapter: what the paper says, what was computed, and the verdict."""

from __future__ import annotations

import numpy as np


class VerdictTable:
    """Rows of claim, paper, ours and verdict, rendered as a Markdown table by Jupyter.

    Examples
    --------
    >>> table = VerdictTable()
    >>> table.number("floor of the even cat", paper=0.94, ours=0.9399, tolerance=0.005)
    >>> table.claim("Eq. 14", "no square", "squared bracket", "corrected")
    >>> table.rows[0][-1]
    'confirmed'
    """

    VERDICTS = "confirmed", "corrected", "refuted", "depends"

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def number(self, claim: str, *, paper: float, ours: float, tolerance: float) -> None:
        """Add a number: confirmed if ours is within ``tolerance`` of the paper's, else refuted."""
        verdict = "confirmed" if abs(paper - ours) <= tolerance else "refuted"
        digits = max(0, int(np.ceil(-np.log10(tolerance)))) + 1
        self.rows.append((claim, f"{paper:g}", f"{ours:.{digits}f} (± {tolerance:.1g})", verdict))

    def claim(self, claim: str, paper: str, ours: str, verdict: str) -> None:
        """Add a statement whose ``verdict`` was computed.

        Raises
        ------
        ValueError
            If ``verdict`` is none of confirmed, corrected, refuted, depends.
        """
        if verdict not in self.VERDICTS:
            raise ValueError(f"verdict = {verdict!r}; allowed: {', '.join(self.VERDICTS)}")
        self.rows.append((claim, paper, ours, verdict))

    def _repr_markdown_(self) -> str:
        head = ("Claim", "The paper", "This book", "Verdict"), ("---",) * 4
        body = [(*row[:3], f"**{row[3]}**") for row in self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in (*head, *body))

    def __repr__(self) -> str:
        return "\n".join("  |  ".join(row) for row in self.rows)
