"""What recognising costs on this machine: time, memory, and what the event loop feels of it.

    python -m bench.recognition_speed

The model is loaded as at start-up; speech of about 1 s and 5 s is then recognised on the worker
thread, 10 times each, freely and with 10 expected answers, while a task wakes every 5 ms.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from pathlib import Path

import django

TIMES = 10
TICK_S = 0.005
SPOKEN = {
    "1 s": "אשמח לקבוע תור",
    "5 s": "אני עוד לא יודע, אולי בשבוע הבא, תלוי מתי יש מקום",
}


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def main() -> None:
    from calls.audio.codec import BYTES_PER_MS
    from calls.language.hebrew import HEBREW
    from calls.services.espeak.speaker import synthesise
    from calls.services.receptionist.writer import dialogue
    from calls.services.whisper.transcriber import WhisperTranscriber

    before_mb, began = memory_mb(), time.perf_counter()
    await WhisperTranscriber.warm_up()
    print(f"load: {time.perf_counter() - began:.2f} s, +{memory_mb() - before_mb:.0f} MB")

    late_ms: list[float] = []
    ticking = asyncio.create_task(_tick(late_ms))
    phrases = [phrase for each in dialogue(HEBREW).questions.values() for phrase in each.phrases]
    answers = list(dict.fromkeys(phrases))[:10]
    for name, text in SPOKEN.items():
        audio = synthesise(text)
        for expected in ([], answers):
            transcriber = WhisperTranscriber()
            transcriber.expect(expected)
            await transcriber.recognise(audio, 0)  # loads, and weighs the phrases once
            took_ms, cpu_ms = [], []
            for _ in range(TIMES):
                began, cpu_began = time.perf_counter(), time.process_time()
                await transcriber.recognise(audio, 0)
                took_ms.append((time.perf_counter() - began) * 1000)
                cpu_ms.append((time.process_time() - cpu_began) * 1000)
            how = f"one of {len(expected)}" if expected else "freely"
            print(
                f"{name} of speech ({len(audio) / BYTES_PER_MS / 1000:.1f} s), {how}: "
                f"median {statistics.median(took_ms):.0f} ms, fastest {min(took_ms):.0f} ms, "
                f"longest {max(took_ms):.0f} ms; CPU {statistics.median(cpu_ms):.0f} ms"
            )
    ticking.cancel()
    late_ms.sort()
    print(
        f"event loop meanwhile: p99 {late_ms[len(late_ms) * 99 // 100]:.1f} ms late, "
        f"at most {late_ms[-1]:.1f} ms"
    )
    print(f"memory at the end: {memory_mb():.0f} MB; load average {os.getloadavg()[0]:.1f}")


async def _tick(late_ms: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK_S)
        late_ms.append((time.perf_counter() - began - TICK_S) * 1000)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    django.setup()
    asyncio.run(main())
