"""Turns one stretch of a caller's speech into words: Whisper, and the choice among likely answers.

Everything here computes and blocks, so transcriber.py runs it on a worker thread. CTranslate2
releases the GIL while it computes, so the event loop keeps running.

Whisper base mishears about a third of the words of real Hebrew, so likely answers are chosen in
two stages: those nearest by edit distance to what was freely recognised, and of these the one
with the greatest log P(text | audio) - log P(text | noise), which discounts phrases that Whisper
likes in any case. Below MARGIN, none of them counts as said.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from calls.audio.codec import BYTES_PER_MS, RATE, resample, to_mulaw, to_pcm
from calls.services import ServiceFailed

NEAREST = 8
"""Phrases that reach the second stage: 92 % of the right ones are among them, 94 % among 10."""
MARGIN = 3.5
"""Nats by which the audio, against noise, must speak for a phrase. Tuned on 110 utterances of two
espeak voices over a telephone band, one with pink noise at 20 dB: of 30 phrases, all expected, it
accepts 80 % rightly and 3 % as another one; of 25 other sentences and words it takes 2 % for one of
the phrases. 2.5 would be 83, 3 and 14 %; 5 would be 70, 2 and 0 %. Of 24 one-syllable words of a
person (klettres-data) 15 are accepted rightly, and 1 where it was not expected."""
NO_SPEECH, NO_SENSE = 0.4, -1.3
"""Above this probability of no speech, a mean log probability below this, or a loop, is noise: on
noise Whisper invents words (0.43 to 0.84; -1.4 to -4.1, or one word over and over). None of the
utterances above was taken for noise; their median of no speech is 0.15, that of people 0.02."""
_LOOP = re.compile(r"(.+?)\1\1")
_MODEL_RATE = 16000
_POSITIONS_PER_S = 50
_SHORTEST_WINDOW_S, _ROOM_S, _LONGEST_WINDOW_S = 6, 4, 30
"""A window shorter than Whisper's 30 s is as accurate and far faster if it leaves this room: 8 and
5 s do no better on the utterances above, and 4 and 2.5 s make people's short words loop."""
_TAIL_S = 2
"""What a phrase's likelihood is taken from, after the audio: less than 2 s would cost a tenth of
the right answers, the whole window half as much time again."""
_TOKENS, _TOKENS_PER_S = 12, 14
"""More words than anybody can say are a loop."""
_PRIORS_KEPT = 5000


@dataclass(frozen=True, slots=True)
class RecognisedWords:
    """chosen_from: as in calls.services.Transcript."""

    text: str
    chosen_from: int | None


@dataclass(frozen=True, slots=True)
class _Heard:
    """A stretch of audio as Whisper's encoder sees it: positions x dimensions."""

    states: NDArray[np.float32]
    duration_s: float


class Engine:
    """One per process, model folder and language (by its code); its methods may be called from
    several threads."""

    def __init__(self, folder: Path, workers: int, language: str) -> None:
        try:
            # Imported here: it takes most of a second and the event loop must not.
            import ctranslate2
            from faster_whisper import WhisperModel
            from faster_whisper.tokenizer import Tokenizer

            model = WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=1,
                num_workers=workers,
                local_files_only=True,
            )
        except Exception as error:  # a damaged model raises whatever its reader stumbles over
            raise ServiceFailed(
                f"the Whisper model in {folder} cannot be loaded ({error}): "
                "run `make models`, or set WHISPER_MODEL to a whole one"
            ) from error
        self._view = ctranslate2.StorageView.from_array
        self._model, self._features = model.model, model.feature_extractor
        self._tokenizer = Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=language
        )
        self._start = list(self._tokenizer.sot_sequence)
        self._noise = self._encode(_noise())
        self._priors: dict[str, float] = {}

    def words(self, audio: bytes, phrases: Sequence[str] = ()) -> RecognisedWords | None:
        """What is said in this mu-law audio. None: nothing is."""
        heard = self._encode(audio)
        text = self._freely(heard)
        if not text:
            return None
        if not phrases:
            return RecognisedWords(text, None)
        chosen = self._chosen(heard, text, phrases)
        return RecognisedWords(chosen, len(phrases)) if chosen else RecognisedWords(text, 0)

    def warm_up(self, word: str) -> None:
        """Do everything once: the first time costs some 400 ms more."""
        self._freely(self._noise)
        self._likelihoods(self._noise, [word])

    def weigh(self, phrases: Sequence[str]) -> list[float]:
        """log P(text | noise) of each phrase, once per process: ahead, if there is time."""
        if len(self._priors) > _PRIORS_KEPT:
            self._priors = {}  # another thread goes on with the old ones
        priors = self._priors
        if missing := [phrase for phrase in phrases if phrase not in priors]:
            priors.update(zip(missing, self._likelihoods(self._noise, missing), strict=True))
        return [priors[phrase] for phrase in phrases]

    def _encode(self, audio: bytes) -> _Heard:
        wave = resample(to_pcm(audio), RATE, _MODEL_RATE).astype(np.float32) / 32768
        duration_s = len(wave) / _MODEL_RATE
        window_s = min(max(_SHORTEST_WINDOW_S, ceil(duration_s + _ROOM_S)), _LONGEST_WINDOW_S)
        window = np.zeros(window_s * _MODEL_RATE, np.float32)
        window[: len(wave)] = wave[: len(window)]
        features = self._features(window, padding=0).astype(np.float32)
        states = self._model.encode(self._view(np.ascontiguousarray(features[None])))
        return _Heard(np.array(states)[0], duration_s)

    def _batch(self, states: NDArray[np.float32], size: int) -> Any:
        return self._view(np.ascontiguousarray(np.repeat(states[None], size, 0)))

    def _freely(self, heard: _Heard) -> str:
        """What Whisper makes of it by itself; empty if it is silence or noise."""
        prompt = [*self._start, self._tokenizer.no_timestamps]
        [result] = self._model.generate(
            self._batch(heard.states, 1),
            [prompt],
            beam_size=1,
            max_length=min(224, len(prompt) + _TOKENS + int(_TOKENS_PER_S * heard.duration_s)),
            return_scores=True,
            return_no_speech_prob=True,
        )
        spoken = [token for token in result.sequences_ids[0] if token < self._tokenizer.eot]
        text = str(self._tokenizer.decode(spoken)).strip()
        is_nonsense = result.scores[0] < NO_SENSE or _LOOP.search(f"{_plain(text)} ")
        is_noise = result.no_speech_prob > NO_SPEECH and is_nonsense
        return text if _plain(text) and not is_noise else ""

    def _chosen(self, heard: _Heard, text: str, phrases: Sequence[str]) -> str:
        """The phrase that was said; empty: none of them."""
        plain = _plain(text)
        distance = {
            phrase: Levenshtein.normalized_distance(plain, _plain(phrase)) for phrase in phrases
        }
        near = sorted(distance, key=distance.__getitem__)[:NEAREST]
        if not distance[near[0]]:
            return near[0]
        likelihoods = zip(self._likelihoods(heard, near), self.weigh(near), near, strict=True)
        score, best = max((likelihood - prior, phrase) for likelihood, prior, phrase in likelihoods)
        return best if score >= MARGIN else ""

    def _likelihoods(self, heard: _Heard, phrases: Sequence[str]) -> list[float]:
        """log P(text | audio) of each phrase."""
        tokens = [self._tokenizer.encode(f" {phrase}") for phrase in phrases]
        states = heard.states[: int((heard.duration_s + _TAIL_S) * _POSITIONS_PER_S)]
        aligned = self._model.align(
            self._batch(states, len(tokens)), self._start, tokens, [len(states)] * len(tokens)
        )
        return [float(np.log(np.maximum(each.text_token_probs, 1e-9)).sum()) for each in aligned]


_loading = threading.Lock()


@lru_cache(maxsize=1)
def _engine(folder: Path, workers: int, language: str) -> Engine:
    return Engine(folder, workers, language)


def loaded(folder: Path, workers: int, language: str) -> Engine:
    """The process's engine. Raises ServiceFailed if the model cannot be loaded."""
    with _loading:
        return _engine(folder, workers, language)


def _noise() -> bytes:
    """Faint white noise: what a phrase's likelihood is compared with."""
    samples = np.random.default_rng(0).normal(0, 100, 1500 * BYTES_PER_MS)
    return to_mulaw(samples.astype(np.int16))


def _plain(text: str) -> str:
    """Only letters and digits count in a comparison."""
    return " ".join(re.findall(r"\w+", text))
