"""Has a caller who has fallen silent said all that they had to say? A judge that has learned it.

Pure. A verdict is three probabilities, from the words so far and the agent's question: a sum of
learned weights, one for each name that features.py finds. The same words and the same
weights give the same verdict; a weight never changes while a process runs. `bench.train_completion`
makes the weights and says how good they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from calls.language.completion.features import LISTED, features

OUTCOMES = ("whole", "cut_short", "needs_time")
BUCKETS = 1 << 18
STORED = Path(__file__).parent.parent / "hebrew" / "completion.npz"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How likely each is; they add up to 1. version: of the weights, and of the lists
    of words that they were learned with."""

    whole: float
    cut_short: float
    needs_time: float
    version: str


class CompletionJudge:
    def __init__(self, weights: NDArray[np.float16], bias: Floats) -> None:
        """weights: a row for each bucket of names, a column for each outcome."""
        self.weights, self.bias = weights, bias
        learned = LISTED.encode() + weights.tobytes() + bias.tobytes()
        self.version = sha256(learned).hexdigest()[:12]

    def judge(self, question: str, text: str) -> Verdict:
        rows = self.weights[buckets(question, text)]
        scores = rows.sum(axis=0, dtype=np.float64) + self.bias
        shares = np.exp(scores - scores.max())
        whole, cut_short, needs_time = (shares / shares.sum()).tolist()
        return Verdict(whole, cut_short, needs_time, self.version)

    def save(self, path: Path = STORED) -> None:
        np.savez_compressed(path, weights=self.weights, bias=self.bias)


def buckets(question: str, text: str) -> Sequence[int]:
    """Names that share a bucket share a weight: they are rare enough."""
    return sorted({crc32(name.encode()) % BUCKETS for name in features(question, text)})


def load(path: Path = STORED) -> CompletionJudge:
    with np.load(path, allow_pickle=False) as stored:
        return CompletionJudge(stored["weights"], stored["bias"])


@cache
def stored() -> CompletionJudge:
    """The one that ships, read when it is first asked for."""
    return load()
