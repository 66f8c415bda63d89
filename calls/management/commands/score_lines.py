"""What each judge of completion says of lines of your own, place by place, and a table of all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.language.completion.cut_offs import table
from calls.language.completion.line_scores import Scored, scored
from calls.language.completion.lines import Malformed, read_lines
from calls.language.language import spoken

PRINTED = {"cut_short": "more"}
"""A place is printed as what is still to come there."""


class Command(BaseCommand):
    help = (
        "Print what the judges of completion say of lines in a file. A row is `agent's question = "
        "caller's line`, with ` | ` where more must come, ` ~ ` where it could be all and ` ○ ` "
        "where the caller needs time."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="lines in UTF-8")
        parser.add_argument("--json", action="store_true", help="print a list of objects instead")

    def handle(self, *args: Any, file: Path, json: bool = False, **options: Any) -> None:
        try:
            lines = read_lines(file)
        except (Malformed, OSError) as error:
            raise CommandError(f"{error}") from error
        if not lines:
            raise CommandError(f"{file}: no lines: write rows `agent's question = caller's line`")
        language = spoken()
        if not (judge := language.judge):
            raise CommandError(f"{language.name} has no judge of completion")
        by_line = [[scored(each, judge, language.words) for each in line.places] for line in lines]
        if json:
            self.stdout.write(_objects(by_line))
            return
        self.stdout.write("kind        whole  short   time  silence   question = words so far")
        for each in by_line:
            for place in each:
                self.stdout.write(_row(place))
        self.stdout.write(f"\n{table(by_line)}")


def _objects(by_line: list[list[Scored]]) -> str:
    objects = [
        {
            "question": each.place.question,
            "text": each.place.text,
            "kind": PRINTED.get(each.place.kind, each.place.kind),
            "judges": each.judges,
            "silence_ms": each.silence_ms(),
        }
        for places in by_line
        for each in places
    ]
    return json.dumps(objects, ensure_ascii=False, indent=1)


def _row(each: Scored) -> str:
    verdict = each.verdict
    shares = (verdict.whole, verdict.cut_short, verdict.needs_time)
    cells = "  ".join(f"{share:5.2f}" for share in shares)
    kind = PRINTED.get(each.place.kind, each.place.kind)
    return (
        f"{kind:11} {cells}  {each.silence_ms():4} ms   {each.place.question} = {each.place.text}"
    )
