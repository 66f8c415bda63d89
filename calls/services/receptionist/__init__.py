"""A fixed dialogue: the stand-in that writes the answers where there are no credentials."""

from calls.services.vendors import Vendor

VENDOR = Vendor("embedded", plays={"writer": "calls.services.receptionist.writer.Receptionist"})
