"""How often the transcriber picks the right one of the expected answers.

    python -m bench.recognition

Places no call: each line of each conversation of calls/simulator/utterances.toml goes to the
configured transcriber, whole, with the phrases that the receptionist expects at that moment; three
times, with different silence before it, because a choice that hangs by a hair shows that way.
Wording and voices were picked so that Whisper base knows them: the figure says that dialogue, voice
and recognition fit together, not how well people are understood.
"""

from __future__ import annotations

import asyncio
import os

import django

LEADS_MS = (300, 307, 313)
TAIL_MS = 300


async def main() -> None:
    from django.conf import settings
    from django.utils.module_loading import import_string

    from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
    from calls.language.hebrew import HEBREW
    from calls.services import By, HistoryLine
    from calls.services.receptionist.writer import dialogue
    from calls.simulator import utterances

    transcriber_class = import_string(settings.TRANSCRIBER)
    await transcriber_class.warm_up()
    expected = right = outside = refused = 0
    for conversation in utterances.conversations():
        history: list[HistoryLine] = []
        for line in utterances.conversation(conversation):
            phrases = dialogue(HEBREW).question(history).phrases
            history.append(HistoryLine(By.CALLER, line.text))
            if line.keys or not phrases:
                continue
            for lead_ms in LEADS_MS:
                transcriber = transcriber_class()
                transcriber.expect(phrases)
                audio = SILENCE_BYTE * (lead_ms * BYTES_PER_MS) + line.audio
                audio += SILENCE_BYTE * (TAIL_MS * BYTES_PER_MS)
                heard = await transcriber.recognise(audio, len(audio) // BYTES_PER_MS)
                await transcriber.aclose()
                text = heard.text if heard and heard.chosen_from else ""
                expected, outside = expected + (not line.outside), outside + line.outside
                right += not line.outside and text == line.text
                refused += line.outside and not text
                if text != ("" if line.outside else line.text):
                    print(f"{line.name}: {line.text!r} was taken for {text!r}")
    print(
        f"{transcriber_class.name}: {right} of {expected} expected answers chosen rightly", end=""
    )
    print(f" ({100 * right / expected:.0f} %); {refused} of {outside} others refused")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    django.setup()
    asyncio.run(main())
