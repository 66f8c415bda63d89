// The two ends of a call from the browser, on the clock of its audio: the microphone, as frames of
// 20 ms of 8 kHz mu-law, and the loudspeaker, which plays what comes in the order in which it came.
//
// Rules: what an 8 kHz line cannot carry is taken away before and after it (windowed sinc, 3.4 kHz
// pass and 4 kHz do not, 60 dB). A frame is sent whether or not there is sound: it is the line's
// tick. A mark comes back when the loudspeaker has really played what was before it; `clear` drops
// what was not played, and all marks still out come back at once.

const RATE = 8000;
const FRAME = 160;
const SILENCE = 0xff;
const CUTOFF_HZ = 3700;
const BETA = 5.65; // Kaiser's window for 60 dB
const HALF_S = 0.003;
const AUDIBLE = 200 / 32768;
const PAUSE_S = 0.3;

// ITU-T G.711.
const LINEAR = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80 ? -size : size) / 32768;
});

function mulaw(sample) {
  const linear = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
  const size = Math.min(32635, Math.abs(linear)) + 0x84;
  const exponent = 24 - Math.clz32(size);
  return ~((linear < 0 ? 0x80 : 0) | (exponent << 4) | ((size >> (exponent + 3)) & 0x0f)) & 0xff;
}

function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k += 1) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

/** For each of `phases` places between two samples: the weights of the `2 * half` around it. */
function kernels(rate, half, phases) {
  const width = CUTOFF_HZ / rate;
  return Array.from({ length: phases }, (_, phase) => {
    const taps = Float32Array.from({ length: 2 * half }, (_tap, index) => {
      const at = index - half + 1 - phase / phases;
      const sinc = at ? Math.sin(2 * Math.PI * width * at) / (Math.PI * at) : 2 * width;
      return sinc * bessel(BETA * Math.sqrt(Math.max(0, 1 - (at / half) ** 2))) / bessel(BETA);
    });
    const sum = taps.reduce((all, each) => all + each);
    return taps.map((each) => each / sum);
  });
}

function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
}

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    const common = divisor(sampleRate, RATE);
    this.phases = RATE / common;
    this.step = sampleRate / common;
    this.half = Math.ceil(HALF_S * sampleRate);
    this.kernels = kernels(sampleRate, this.half, this.phases);
    this.size = 2 ** Math.ceil(Math.log2(2 * this.half + 256));
    this.heard = new Float32Array(this.size);
    this.received = 0; // samples, at the device's rate
    this.next = 0; // the next sample to make is at next / phases of them
    this.began = null;
    this.begin();
    this.at = 0;
  }

  begin() {
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
    this.energy = 0;
  }

  process([input], [output]) {
    this.began ??= currentFrame / sampleRate;
    const [sound] = input;
    const length = sound?.length ?? output[0].length;
    for (let index = 0; index < length; index += 1) {
      this.heard[this.received & (this.size - 1)] = sound ? sound[index] : 0;
      this.received += 1;
    }
    let place = Math.floor(this.next / this.phases);
    while (place + this.half < this.received) {
      this.take(place, this.kernels[this.next % this.phases]);
      this.next += this.step;
      place = Math.floor(this.next / this.phases);
    }
    return true;
  }

  take(place, taps) {
    let sample = 0;
    const first = place - this.half + 1 + this.size;
    for (let index = 0; index < taps.length; index += 1) {
      sample += taps[index] * this.heard[(first + index) & (this.size - 1)];
    }
    this.frame[this.filled] = mulaw(sample);
    this.energy += sample * sample;
    this.filled += 1;
    if (this.filled < FRAME) return;
    const level = 10 * Math.log10(this.energy / FRAME + 1e-10);
    const { frame, at, began } = this;
    this.port.postMessage({ frame, at, began, level }, [frame.buffer]);
    this.at += 20;
    this.begin();
  }
}

class Loudspeaker extends AudioWorkletProcessor {
  constructor() {
    super();
    const common = divisor(sampleRate, RATE);
    this.phases = sampleRate / common;
    this.step = RATE / common;
    this.half = HALF_S * RATE;
    this.kernels = kernels(RATE, this.half, this.phases);
    this.played = new Float32Array(64); // the latest, of which 2 * half are heard at once
    this.count = 0;
    this.phase = 0;
    this.waiting = []; // sounds and marks, in the order in which they came
    this.offset = 0; // what was played of the first
    this.due = []; // marks whose sound is on its way to the ear
    this.latency = 0;
    this.isTold = false; // of the first sound that can be heard in it
    this.isWithin = false; // a reply: what was played last was not its end
    this.audibleAt = -1;
    this.silentFor = Infinity; // samples
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(data) {
    if (data.clear) this.clear();
    else if (data.latency !== undefined) this.latency = data.latency;
    else this.wait(data);
  }

  wait(data) {
    const isDry = !this.waiting.length && this.silentFor;
    if (data.sound && isDry && this.isWithin) this.port.postMessage({ gap: (this.silentFor / RATE) * 1000 });
    if (data.sound) this.isWithin = true;
    this.waiting.push(data);
  }

  clear() {
    const marks = [...this.due, ...this.waiting.filter((each) => each.mark)];
    this.due = [];
    this.waiting = [];
    this.offset = 0;
    this.isTold = this.isWithin = false;
    for (const { mark } of marks) this.port.postMessage({ mark });
    const wasHeard = currentTime - this.audibleAt < PAUSE_S;
    this.port.postMessage({ silentAt: currentTime + HALF_S, wasHeard });
  }

  process(_inputs, [[output]]) {
    this.passMarks();
    for (let index = 0; index < output.length; index += 1) {
      for (; this.phase >= this.phases; this.phase -= this.phases) this.pull(index);
      output[index] = this.silentFor > 2 * this.half ? 0 : this.between();
      this.phase += this.step;
    }
    while (this.due.length && this.due[0].at <= currentTime) this.port.postMessage(this.due.shift());
    return true;
  }

  passMarks() {
    while (this.waiting[0]?.mark) {
      if (this.waiting[0].mark.endsWith(":end")) this.isWithin = false;
      this.due.push({ mark: this.waiting.shift().mark, at: currentTime + HALF_S + this.latency });
    }
  }

  pull(index) {
    const [first] = this.waiting;
    let sample = 0;
    if (first) {
      sample = LINEAR[first.sound[this.offset]];
      this.silentFor = 0;
      if (Math.abs(sample) > AUDIBLE) this.hear(first.id, currentTime + index / sampleRate + HALF_S);
      this.offset += 1;
      if (this.offset === first.sound.length) {
        this.waiting.shift();
        this.offset = 0;
        this.isTold = false;
        this.passMarks();
      }
    } else this.silentFor += 1;
    this.played[this.count & 63] = sample;
    this.count += 1;
  }

  hear(sound, at) {
    this.audibleAt = at;
    if (!this.isTold) this.port.postMessage({ sound, at });
    this.isTold = true;
  }

  between() {
    const taps = this.kernels[this.phase];
    let sample = 0;
    for (let index = 0; index < taps.length; index += 1) {
      sample += taps[index] * this.played[(this.count - taps.length + index) & 63];
    }
    return sample;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("loudspeaker", Loudspeaker);
