"""Voice to voice in the browser, heard beside the page's own code.

What goes from the microphone into the page's graph, and what goes from there to the loudspeaker, is
tapped, block by block on the clock of the same sound device: nothing of what the page, or the
server, says of times is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

EAR = """
const connect = AudioNode.prototype.connect;
window.heardBlocks = [];
function tapOf(context) {
  if (context.tap) return context.tap;
  const ears = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const counter = context.createScriptProcessor(256, 2, 1);
  counter.onaudioprocess = ({ inputBuffer, playbackTime }) => {
    const loudest = (side) => inputBuffer.getChannelData(side)
      .reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    window.heardBlocks.push([playbackTime * 1000, loudest(0), loudest(1)]);
    window.soundWay = (context.outputLatency || context.baseLatency || 0) * 1000;
  };
  connect.call(ears, counter);
  connect.call(counter, context.destination);
  return (context.tap = ears);
}
AudioNode.prototype.connect = function (to, ...rest) {
  if (this instanceof MediaStreamAudioSourceNode) connect.call(this, tapOf(this.context), 0, 0);
  if (to === this.context.destination && this instanceof AudioWorkletNode && !this.numberOfInputs)
    connect.call(this, tapOf(this.context), 0, 1);
  return connect.call(this, to, ...rest);
};"""
HEARD = "() => [window.heardBlocks, window.soundWay]"
VOICE = 0.01
"""Of the full swing: louder than the silence of a file, softer than its words."""
BETWEEN_MS = 400
"""Words with less silence between them are one thing said."""


class Block(NamedTuple):
    at_ms: float
    microphone: float
    loudspeaker: float


def voice_to_voice_ms(blocks: Sequence[Sequence[float]], way_ms: float) -> list[float]:
    """From the last sound of each thing said to the first of its answer, at the ear. `way_ms`: from
    the page's graph to the ear."""
    heard = [Block(*each) for each in blocks]
    said = [each.at_ms for each in heard if each.microphone > VOICE]
    answered = [each.at_ms for each in heard if each.loudspeaker > VOICE]
    ends = [left for left, right in pairwise([*said, float("inf")]) if right - left > BETWEEN_MS]
    waited = []
    for end, next_end in pairwise([*ends, float("inf")]):
        if sound := next((at for at in answered if end < at < next_end), None):
            waited.append(sound - end + way_ms)
    return waited


def silenced_ms(blocks: Sequence[Sequence[float]], way_ms: float) -> list[float]:
    """From the first sound of each thing said over the agent until the loudspeaker is silent."""
    heard = [Block(*each) for each in blocks]
    said = [each.at_ms for each in heard if each.microphone > VOICE]
    spoken = [each.at_ms for each in heard if each.loudspeaker > VOICE]
    begins = [
        right for left, right in pairwise([-float("inf"), *said]) if right - left > BETWEEN_MS
    ]
    ends = [left for left, right in pairwise([*spoken, float("inf")]) if right - left > BETWEEN_MS]
    took = []
    for begin in begins:
        is_over_it = any(begin - BETWEEN_MS < at < begin for at in spoken)
        if is_over_it and (end := next((at for at in ends if at > begin), None)):
            took.append(end - begin + way_ms)
    return took
