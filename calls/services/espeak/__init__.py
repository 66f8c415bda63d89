"""espeak-ng on this machine: the stand-in that speaks where there are no credentials."""

from calls.services.vendors import Vendor

VENDOR = Vendor("embedded", plays={"speaker": "calls.services.espeak.speaker.EspeakSpeaker"})
