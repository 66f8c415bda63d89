"""How sure a share is. Pure."""

from __future__ import annotations

from math import sqrt

Z = 1.959964
"""Of a two-sided 95 % interval."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of hits / of (E. B. Wilson, JASA 1927): it holds for few, and at 0 and 1,
    too. Raises ValueError for none."""
    if of < 1:
        raise ValueError("a share of nothing")
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
