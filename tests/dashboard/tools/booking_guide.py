"""docs/booking.md, followed in a browser: what its tables say is what is typed.

Rule: no value of the tools stands here, so that the guide is what is tested, and its pictures are
of what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from django.conf import settings
from playwright.sync_api import Locator, Page

from tests.dashboard.browser import Operator

GUIDE = settings.BASE_DIR / "docs" / "booking.md"
DAYS = "ראשון, שני, שלישי, רביעי, חמישי"
WRITTEN_FOR = "127.0.0.1:8090"
IN_FORM = {
    "Name": "name", "Description": "description", "Address": "address", "Body": "body",
    "Parts of the answer": "paths", "Said if it fails": "says_failed",
}  # fmt: skip
TICKED = {"Only looks things up": "reads_only", "May be tried again": "may_repeat"}
KINDS = {"text": "string", "whole number": "integer"}


def tools() -> Iterator[dict[str, str]]:
    """By field: the cells of each tool of the guide's table, "the same" as the one before."""
    table = GUIDE.read_text().split("## 2.")[1].split("![")[0].splitlines()
    lines = [line for line in table if line.startswith("| ")][2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    made: dict[str, str] = {}
    for place in (1, 2, 3):
        cells = {row[0]: row[place] for row in rows}
        made = {field: made[field] if cell == "the same" else cell for field, cell in cells.items()}
        yield made


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def follow(operator: Operator, at: str, picture: Callable[[Page, str], None]) -> str:
    """From no number to three tools that are tried. at: where the booking system listens. Returns
    the number's address on the dashboard."""
    page = operator.visit("numbers/new/")
    page.fill("[name=name]", "Clinic")
    page.fill("[name=number]", "077-000-0092")
    page.locator("main form.number-form button.primary").first.click()
    page.wait_for_url(re.compile(r"/numbers/\d+/$"))
    found = re.search(r"numbers/\d+/", page.url)
    assert found
    number = found[0]
    for tool in tools():
        page = operator.visit(f"{number}tools/new/")
        _write(page, tool, at)
        page.locator("form.number-form > fieldset > button.primary").click()
        page.wait_for_url(re.compile(r"/tools/\d+/$"))
        name = code(tool["Name"])[0]
        if name == "free_times":
            picture(page, "tool")
            page.select_option("#try [name=try-day]", "שלישי")
            page.locator("#try button.primary").click()
            page.locator("#try [role=status]").wait_for()
            picture(page, "try")
    return number


def _write(page: Page, tool: dict[str, str], at: str) -> None:
    for field, name in IN_FORM.items():
        if texts := code(tool[field]):
            page.fill(f"#id_{name}", texts[0].replace(WRITTEN_FOR, at))
    page.select_option("#id_method", tool["Method"])
    for field, name in TICKED.items():
        page.locator(f"#id_{name}").set_checked("✓" in tool[field])
    for place, each in enumerate(_parameters(tool["Parameters"])):
        row = _row(page, "parameters", place)
        row.locator("[name$=-type]").select_option(each.pop("type"))
        for name, value in each.items():
            row.locator(f"[name$=-{name}]").fill(value)
    row = _row(page, "headers", 0)
    for name, value in zip(("name", "value"), code(tool["Headers"]), strict=True):
        row.locator(f"[name$=-{name}]").fill(value)


def _row(page: Page, prefix: str, place: int) -> Locator:
    """That is there, or is added."""
    rows = page.locator(f"#{prefix}-rows .row")
    if rows.count() <= place:
        page.click(f"[data-add={prefix}]")
    return rows.nth(place)


def _parameters(cell: str) -> Iterator[dict[str, str]]:
    for each in cell.split("; "):
        if each.startswith("the same"):
            yield {"name": "day", "type": "string", "choices": DAYS}
            continue
        name, *texts = code(each)
        kind = next(value for words, value in KINDS.items() if words in each)
        yield {"name": name, "type": kind} | (
            {"choices": texts[0]} if "only these" in each else {"description": texts[0]}
        )
