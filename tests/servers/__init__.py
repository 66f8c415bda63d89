"""Local stand-ins for the cloud: real servers that speak the real wire protocols.

Rule: the real client libraries connect to them unchanged, and they enforce what the vendor
enforces, in its codes and words. They do not understand speech or language, and do not pretend to.
"""

from __future__ import annotations

import socket


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
