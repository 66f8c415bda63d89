"""A telephone with an authenticator app: RFC 6238, computed here and not by what is tested."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

STEP_S = 30


def code_of(secret: str, steps_on: int = 0) -> str:
    """The six digits that the app shows now, or some steps of 30 s later."""
    counter = struct.pack(">Q", int(time.time()) // STEP_S + steps_on)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    (value,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(value & 0x7FFFFFFF) % 1_000_000:06}"
