"""How to cite the paper and this companion; the same entries stand on the book's page."""

from __future__ import annotations

from spincat import __version__

PAPER = """\
@misc{Mok2024,
  author        = {Mok, Wai-Keong and Kwek, Leong-Chuan and Touzard, Steven},
  title         = {Stability of macroscopic spin ensembles
                   against inhomogeneous dephasing},
  year          = {2024},
  eprint        = {2403.16491},
  archiveprefix = {arXiv},
}
"""

YEAR = 2026
"""Of this version."""

COMPANION = f"""\
@misc{{spincat,
  author = {{{{The spincat developers}}}},
  title  = {{Spin cat states under inhomogeneous dephasing:
            a companion to arXiv:2403.16491}},
  year   = {{{YEAR}}},
  note   = {{Version {__version__}, commit COMMIT}},
}}
"""
"""The commit is filled in where it is known."""
