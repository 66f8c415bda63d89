/** Whole seconds as minutes and seconds: 1:05. */
export function inMinutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
