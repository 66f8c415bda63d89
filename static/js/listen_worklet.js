// Plays what listen.js is sent: stereo mu-law, the caller's side and the agent's by turns, or, where
// it is told so, the caller alone on both. It begins with a little in hand, and catches up when too
// much has gathered.

const RATE = 8000;
const AT_EASE = { inHand: 0.3 * RATE, most: 1.5 * RATE };
const NEAR = { inHand: 0.12 * RATE, most: 0.4 * RATE }; // who answers must hear soon

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
    this.catchUp();
    this.loudest = [0, 0];
  }

  get pace() {
    return this.isCallerOnly ? NEAR : AT_EASE;
  }

  catchUp() {
    const { inHand, most } = this.pace;
    if (this.sides[0].length > most) for (const side of this.sides) side.splice(0, side.length - inHand);
  }

  take(sound) {
    for (let at = 0; at < sound.length; at += 1) this.sides[at % 2].push(LINEAR[sound[at]]);
    this.catchUp();
    if (this.sides[0].length >= this.pace.inHand) this.isPlaying = true;
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
