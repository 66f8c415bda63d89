"""Who is given the audio of a call, both sides, as it comes: the record, the echo, live listeners.

Rule: none of them waits, or decides anything: they only keep what they get.
"""

from __future__ import annotations

from typing import Protocol


class AudioListener(Protocol):
    """Times are those of the caller-audio clock; all audio is 8 kHz mu-law."""

    def hear(self, at_ms: int, frame: bytes) -> None:
        """The caller's next frame, which ends at this moment."""

    def speak(self, from_ms: int, audio: bytes) -> None:
        """The agent's, which the caller hears from this moment on."""

    def fall_silent(self, at_ms: int) -> None:
        """What the caller would have heard of the agent from this moment on is not played."""


class AudioListeners:
    """All of a call's, as one."""

    def __init__(self, *listeners: AudioListener) -> None:
        self._listeners = listeners

    def hear(self, at_ms: int, frame: bytes) -> None:
        for listener in self._listeners:
            listener.hear(at_ms, frame)

    def speak(self, from_ms: int, audio: bytes) -> None:
        for listener in self._listeners:
            listener.speak(from_ms, audio)

    def fall_silent(self, at_ms: int) -> None:
        for listener in self._listeners:
            listener.fall_silent(at_ms)
