// Plays what listen.js is sent: stereo mu-law, the caller's side and the agent's by turns, or, where
// it is told so, the caller alone on both. It begins with a little in hand, and catches up when too
// much has gathered.

const RATE = 8000;
const IN_HAND = 0.3 * RATE;
const MOST = 1.5 * RATE;

// ITU-T G.711.
const LINEAR = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80 ? -size : size) / 32768;
});

class Listen extends AudioWorkletProcessor {
  constructor() {
    super();
    this.sides = [[], []];
    this.isPlaying = false;
    this.isCallerOnly = false;
    this.played = 0;
    this.loudest = [0, 0];
    this.port.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.take(new Uint8Array(data));
      else this.hearOnly(data.isCallerOnly);
    };
  }

  hearOnly(isCallerOnly) {
    this.isCallerOnly = isCallerOnly;
    this.loudest = [0, 0];
  }

  take(sound) {
    for (let at = 0; at < sound.length; at += 1) this.sides[at % 2].push(LINEAR[sound[at]]);
    const tooMany = this.sides[0].length - MOST;
    if (tooMany > 0) for (const side of this.sides) side.splice(0, tooMany + IN_HAND);
    if (this.sides[0].length >= IN_HAND) this.isPlaying = true;
    this.port.postMessage({ played: this.played, loudest: this.loudest });
  }

  process(_inputs, [output]) {
    const size = output[0].length;
    if (this.sides[0].length < size) this.isPlaying = false;
    if (!this.isPlaying) return true;
    for (const [number, side] of this.sides.entries()) {
      const next = side.splice(0, size);
      output[number].set(this.isCallerOnly && number ? output[0] : next);
      for (const sample of output[number]) {
        this.loudest[number] = Math.max(this.loudest[number], Math.abs(sample));
      }
    }
    this.played += size;
    return true;
  }
}

registerProcessor("listen", Listen);
