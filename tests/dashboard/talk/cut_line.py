"""A network between a browser and the server that can be cut for a while: nothing passes, and
nothing is lost, as TCP has it; or every connection is torn, and new ones wait."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Self


class CutLine:
    """Use as a context manager; `address` is where the browser goes."""

    def __init__(self, port: int) -> None:
        self._port, self._whole_again_s = port, 0.0
        self._ends: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def cut(self, seconds: float) -> None:
        self._whole_again_s = time.monotonic() + seconds

    def tear(self, seconds: float) -> None:
        self.cut(seconds)
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _address = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                self._ends += near, far
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pour, args=ends, daemon=True).start()

    def _pour(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                while (left_s := self._whole_again_s - time.monotonic()) > 0:
                    time.sleep(left_s)
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
