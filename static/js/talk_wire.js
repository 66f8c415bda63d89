// The socket of a call, which may be lost: another takes its place, and the call does not notice
// (calls/telephony/browser/returning.py is the other end).
//
// Rules: each side counts the texts that came, keeps what it said last, and says again what the
// other has missed. A socket that nobody has closed is lost; so is one that is silent for too long,
// as `isSilent` says. How it ends: the close code, or "gone" (the server does not have the call any
// more), or "unreachable".

const LOST = 1006;
const OVER = 4410;
const KEPT = 1000; // texts: 20 s
const AGAIN_MS = 500;
const TRY_MS = 4000; // for one new socket
const OTHERS_MS = 3000; // another process may have the call: not the first "no" is believed
const GIVE_UP_MS = 12_000; // the server waits for 10 s

export function socketAt(path) {
  return new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
}

export class Wire {
  /** on: opened(), took(text), lost(), back(), ended(how). */
  constructor(path, { call, token }, on) {
    Object.assign(this, { path, call, token, on });
    this.came = this.went = 0;
    this.kept = [];
    this.isUp = this.isOver = false;
    this.use(socketAt(path));
    this.socket.onopen = () => {
      this.isUp = true;
      on.opened();
    };
  }

  use(socket) {
    this.socket = socket;
    socket.onmessage = ({ data }) => {
      this.came += 1;
      this.on.took(data);
    };
    socket.onclose = ({ code }) => (this.isUp && code === LOST ? this.lose() : this.end(code));
  }

  say(text) {
    if (!this.went && !this.isUp) return; // it has not begun
    this.went += 1;
    this.kept.push(text);
    if (this.kept.length > KEPT) this.kept.shift();
    if (this.isUp) this.socket.send(text);
  }

  /** The other side has not been heard for too long. */
  isSilent() {
    if (this.isUp) this.lose();
  }

  lose() {
    this.drop();
    this.isUp = false;
    this.lostAt = performance.now();
    this.on.lost();
    this.tryAgain();
  }

  tryAgain() {
    if (this.isOver) return;
    const lostFor = performance.now() - this.lostAt;
    if (lostFor > GIVE_UP_MS) return this.end("unreachable");
    const socket = socketAt(`${this.path}${this.path.includes("?") ? "&" : "?"}again`);
    const tooLong = setTimeout(() => socket.close(), TRY_MS);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ event: "again", call: this.call, token: this.token, had: this.came }));
    socket.onclose = ({ code }) => {
      clearTimeout(tooLong);
      if (code === OVER && lostFor > OTHERS_MS) this.end("gone");
      else setTimeout(() => this.tryAgain(), AGAIN_MS);
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(tooLong);
      const missed = this.went - JSON.parse(data).had;
      this.use(socket);
      for (const text of this.kept.slice(Math.max(0, this.kept.length - missed))) socket.send(text);
      this.isUp = true;
      this.on.back();
    };
  }

  drop() {
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
  }

  /** Once; whoever ends it. */
  end(how) {
    if (this.isOver) return;
    this.isOver = true;
    this.isUp = false;
    this.drop();
    this.on.ended(how);
  }
}
