"""Cut-ins against delay as an SVG: the curve of fixed silences, and the shipped profiles. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 24, 56
STEP_MS = 250
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.axis{stroke:#888}.grid{stroke:#e4e4e4}"
    ".curve{fill:none;stroke:#6b7280;stroke-width:2}.fixed{fill:#6b7280}.ours{fill:#0b6bcb}"
    ".best{fill:#c2410c}.name{font-weight:600}"
)


@dataclass(frozen=True, slots=True)
class Point:
    """A policy: its median delay and its share of turns that were cut in on."""

    name: str
    delay_ms: float
    cut_ins_percent: float


def chart(curve: Sequence[Point], profiles: Sequence[Point]) -> str:
    everything = (*curve, *profiles)
    most_ms = STEP_MS * (1 + max(point.delay_ms for point in everything) // STEP_MS)
    most_percent = max(4.0, 1.1 * max(point.cut_ins_percent for point in everything))
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(point: Point) -> tuple[float, float]:
        x = LEFT + across * point.delay_ms / most_ms
        return x, TOP + up * (1 - point.cut_ins_percent / most_percent)

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Cut-ins against delay"><style>{STYLE}</style>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    ]
    for ms in range(0, int(most_ms) + 1, STEP_MS):
        x, y = place(Point("", ms, 0))
        drawn.append(f'<path class="grid" d="M{x:.1f} {TOP}V{y:.1f}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{ms}</text>')
    step = max(1, round(most_percent / 6))
    for percent in range(0, int(most_percent) + 1, step):
        x, y = place(Point("", 0, percent))
        drawn.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        drawn.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    line = " ".join("{:.1f},{:.1f}".format(*place(point)) for point in curve)
    drawn.append(f'<polyline class="curve" points="{line}"/>')
    for point in curve:
        x, y = place(point)
        drawn.append(f'<circle class="fixed" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
    for point in profiles:
        x, y = place(point)
        kind = "best" if point.name == "adaptive" else "ours"
        drawn.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="7"/>')
        name = escape(point.name)
        drawn.append(f'<text class="name" x="{x + 11:.1f}" y="{y - 8:.1f}">{name}</text>')
    middle = LEFT + across / 2
    drawn.append(
        f'<text x="{middle}" y="{HEIGHT - 14}" text-anchor="middle">'
        "speech end to decision, median (ms); grey: one fixed silence</text>"
        f'<text transform="translate(16 {TOP + up / 2}) rotate(-90)" text-anchor="middle">'
        "turns that were cut in on</text></svg>"
    )
    return "\n".join(drawn) + "\n"
