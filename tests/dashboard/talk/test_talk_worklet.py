"""The two ends of a browser's line, rendered offline in a real browser: filters, queue, marks."""

from __future__ import annotations

from typing import Any

from tests.dashboard.browser import BrowserTestCase

WORKLET = "/static/js/talk_worklet.js"
RATES = (48_000, 44_100, 16_000)
CARRIED_HZ = (300, 1000, 2000, 3000, 3400)
NOT_CARRIED_HZ = (4100, 4500, 5000, 6000, 7000, 7700)
"""And more of the higher ones, where the device has them."""
HIGHER_HZ = (8300, 9000, 12_000, 15_700, 16_300, 20_000)

HEARD = """async ([worklet, rate, tones]) => {
  const seconds = 0.3;
  const context = new OfflineAudioContext(1, rate * seconds * tones.length, rate);
  await context.audioWorklet.addModule(worklet);
  const buffer = context.createBuffer(1, context.length, rate);
  const sound = buffer.getChannelData(0);
  for (let at = 0; at < sound.length; at += 1) {
    const tone = tones[Math.floor(at / rate / seconds)];
    sound[at] = 0.5 * Math.sin((2 * Math.PI * tone * at) / rate);
  }
  const source = new AudioBufferSourceNode(context, { buffer });
  const ear = new AudioWorkletNode(context, "microphone");
  const frames = [];
  ear.port.onmessage = ({ data }) => frames.push([data.at, data.level]);
  source.connect(ear).connect(context.destination);
  source.start();
  await context.startRendering();
  const last = seconds * tones.length * 1000 - 60;
  const soon = () => new Promise((done) => setTimeout(done, 20));
  while (!frames.length || frames.at(-1)[0] < last) await soon();
  const begins = frames.map(([at]) => at);
  const levels = tones.map((_, index) => {
    const from = index * seconds * 1000 + 60;
    const inside = frames.filter(([at]) => at >= from && at < from + 160);
    return Math.max(...inside.map(([, level]) => level));
  });
  return { begins, levels };
}"""

PLAYED = """async ([worklet, rate, seconds, orders]) => {
  const context = new OfflineAudioContext(1, rate * seconds, rate);
  await context.audioWorklet.addModule(worklet);
  const mouth = new AudioWorkletNode(context, "loudspeaker", { numberOfInputs: 0 });
  const told = [];
  mouth.port.onmessage = ({ data }) => told.push(data);
  mouth.connect(context.destination);
  // A tone of 1 kHz in mu-law: it repeats after 8 samples.
  const tone = [0xff, 0x92, 0x8a, 0x92, 0xff, 0x12, 0x0a, 0x12];
  let id = 0;
  for (const { at, sounds, marks, end, clear } of orders) {
    context.suspend(at).then(async () => {
      for (let number = 0; number < (sounds ?? 0); number += 1) {
        id += 1;
        const sound = Uint8Array.from({ length: 800 }, (_, each) => tone[each % 8]);
        mouth.port.postMessage({ id, sound });
        if (marks) mouth.port.postMessage({ mark: `1:0:${id}` });
      }
      if (end) mouth.port.postMessage({ mark: "1:0:end" });
      if (clear) mouth.port.postMessage({ clear: true });
      await new Promise((done) => setTimeout(done, 150));
      context.resume();
    });
  }
  const played = (await context.startRendering()).getChannelData(0);
  await new Promise((done) => setTimeout(done, 100));
  const window = rate / 100;
  const power = (from, hz) => {
    let [re, im] = [0, 0];
    for (let at = 0; at < 4 * window; at += 1) {
      re += played[from + at] * Math.cos((2 * Math.PI * hz * at) / rate);
      im += played[from + at] * Math.sin((2 * Math.PI * hz * at) / rate);
    }
    return 20 * Math.log10(Math.hypot(re, im) / (2 * window) + 1e-9);
  };
  const levels = Array.from({ length: seconds * 100 }, (_, index) => {
    const part = played.subarray(index * window, (index + 1) * window);
    return Math.sqrt(part.reduce((sum, each) => sum + each * each, 0) / window);
  });
  const from = Math.round(0.5 * rate);
  const images = [7000, 9000, 15000].map((hz) => power(from, hz));
  return { levels, told, tone: power(from, 1000), images };
}"""


def setUpModule() -> None:
    WorkletTestCase.begin()


class WorkletTestCase(BrowserTestCase):
    def asked(self, program: str, *arguments: Any) -> Any:
        page = self.signed_in(user=None, language="en").visit("login/")
        return page.evaluate(program, [WORKLET, *arguments])


class MicrophoneTests(WorkletTestCase):
    def test_what_a_line_does_not_carry_is_40_db_down_and_the_rest_is_as_it_was(self) -> None:
        for rate in RATES:
            higher = [hz for hz in HIGHER_HZ if hz < rate / 2]
            tones = [*CARRIED_HZ, *NOT_CARRIED_HZ, *higher]
            levels = dict(zip(tones, self.asked(HEARD, rate, tones)["levels"], strict=True))
            for hz, level in levels.items():
                relative_db = level + 9.03  # a sine of half the full swing
                with self.subTest(rate=rate, hz=hz, db=round(relative_db, 1)):
                    if hz in CARRIED_HZ:
                        self.assertLess(abs(relative_db), 1)
                    else:
                        self.assertLess(relative_db, -40)

    def test_a_frame_begins_every_20_ms_whatever_the_device_counts_in(self) -> None:
        for rate in (*RATES, 22_050, 8000):
            with self.subTest(rate):
                begins = self.asked(HEARD, rate, [500] * 4)["begins"]
                self.assertEqual(begins, [20 * number for number in range(len(begins))])
                self.assertGreaterEqual(len(begins), 58)


class LoudspeakerTests(WorkletTestCase):
    def test_a_minute_in_one_burst_is_played_whole_and_its_marks_come_when_they_were(self) -> None:
        for rate in (48_000, 44_100):
            burst = [{"at": 0.1, "sounds": 600, "marks": True}]
            found = self.asked(PLAYED, rate, 62, burst)
            levels = found["levels"]
            sounding = [at for at, level in enumerate(levels) if level > 0.1]
            self.assertEqual(sounding, list(range(sounding[0], sounding[-1] + 1)), "no gap")
            self.assertAlmostEqual(len(sounding), 6000, delta=2)
            marks = [each for each in found["told"] if "mark" in each]
            self.assertEqual([each["mark"] for each in marks], [f"1:0:{n}" for n in range(1, 601)])
            begun = sounding[0] / 100
            for number, each in enumerate(marks, 1):
                self.assertAlmostEqual(each["at"], begun + number / 10, delta=0.02)

    def test_what_the_line_has_not_is_not_heard(self) -> None:
        for rate in (48_000, 44_100):
            found = self.asked(PLAYED, rate, 2, [{"at": 0.1, "sounds": 15}])
            self.assertGreater(found["tone"], -20)
            for image in found["images"]:
                self.assertLess(image - found["tone"], -40)

    def test_clear_is_heard_within_40_ms_and_gives_all_marks_back_at_once(self) -> None:
        orders = [{"at": 0.1, "sounds": 600, "marks": True}, {"at": 1.0, "clear": True}]
        orders.append({"at": 1.5, "sounds": 3, "marks": True})
        found = self.asked(PLAYED, 48_000, 2, orders)
        levels = found["levels"]
        self.assertGreater(levels[98], 0.1)
        self.assertTrue(all(level < 0.001 for level in levels[102:149]), levels[98:106])
        self.assertTrue(all(level > 0.1 for level in levels[153:178]))
        told = found["told"]
        marks = [each["mark"] for each in told if "mark" in each]
        self.assertEqual(marks, [f"1:0:{number}" for number in range(1, 604)])
        silent = next(each for each in told if "silentAt" in each)
        self.assertTrue(silent["wasHeard"])
        self.assertLess(silent["silentAt"], 1.04)
        returned = told.index(silent)
        self.assertEqual(len([each for each in told[:returned] if "mark" in each]), 600)

    def test_a_silence_inside_a_reply_is_a_gap_and_one_between_two_is_not(self) -> None:
        orders = [
            {"at": 0.1, "sounds": 3, "marks": True},  # until 0.4
            {"at": 0.6, "sounds": 3, "end": True},  # the rest comes 0.2 s too late
            {"at": 1.5, "sounds": 3, "marks": True},  # the next reply
            {"at": 1.6, "clear": True},
            {"at": 2.0, "sounds": 3},  # another one
            {"at": 2.2, "sounds": 3, "end": True},  # in time
        ]
        told = self.asked(PLAYED, 48_000, 3, orders)["told"]
        gaps = [each["gap"] for each in told if "gap" in each]
        self.assertEqual(len(gaps), 1, gaps)
        self.assertAlmostEqual(gaps[0], 200, delta=5)
