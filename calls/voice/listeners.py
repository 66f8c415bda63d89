"""The listeners to a call's audio, both sides of it, as it comes: recording, echo, live listeners.

Rule: none of them waits or decides anything; they only keep what they are given.
"""

from __future__ import annotations

from typing import Protocol


class AudioListener(Protocol):
    """Times are on the caller-audio clock; all audio is 8 kHz mu-law."""

    def hear(self, at_ms: int, frame: bytes) -> None:
        """The caller's next frame, which ends at this moment."""

    def speak(self, from_ms: int, audio: bytes) -> None:
        """The agent's, which the caller hears from this moment on."""

    def fall_silent(self, at_ms: int) -> None:
        """What the caller would have heard of the agent from this moment on is not played."""


class AudioListeners:
    """All the listeners of a call, as one."""

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
