"""A tool of a number that asks a system of the business over HTTP, as an operator declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.http_tools import answer_parts, callers_code, field_keys, filling, parameters
from calls.http_tools.asking import Request
from calls.language.language import spoken
from calls.services.tools import Tool, tools_in

SHORTEST_S, USUAL_S, LONGEST_S = 0.5, 5.0, 30.0
LONGEST_SAID = 120
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
OURS = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "idempotency-key"),
        callers_code.HEADER.lower(),
    }
)
"""Headers that nobody sets."""
MOST_HEADERS = 10
CALLER = "caller"
"""The caller's number, wherever {caller} stands. Neither this nor the code is a parameter that an
operator declares, so no model chooses who calls."""
RESERVED = frozenset({CALLER, callers_code.NAME})

is_name = RegexValidator(
    r"^[a-z][a-z0-9_]{1,39}\Z", _("Use small Latin letters, digits and _, like free_times.")
)


def no_parameters() -> dict[str, Any]:
    return dict(parameters.NO_PARAMETERS)


class HttpTool(models.Model):
    class Method(models.TextChoices):
        GET = "GET", "GET"
        POST = "POST", "POST"
        PUT = "PUT", "PUT"
        PATCH = "PATCH", "PATCH"
        DELETE = "DELETE", "DELETE"

    number = models.ForeignKey(
        "calls.PhoneNumber", models.CASCADE, related_name="http_tools", verbose_name=_("number")
    )
    name = models.CharField(
        _("name"), max_length=40, validators=[is_name],
        help_text=_("What the model calls it: free_times, book."),
    )  # fmt: skip
    description = models.TextField(
        _("description"), max_length=1000,
        help_text=_(
            "For the model, in the language of the calls: what it does, and when it is to be used."
        ),
    )  # fmt: skip
    schema = models.JSONField(_("parameters"), default=no_parameters)
    method = models.CharField(_("method"), max_length=6, choices=Method, default=Method.GET)
    address = models.CharField(
        _("address"), max_length=500,
        help_text=_(
            "https://…, with {parameters} in the path or after the question mark. {caller} is the "
            "caller's number, like +972501234567: the call fills it in, not the model. Keys belong "
            "in a header, where they are kept secret."
        ),
    )  # fmt: skip
    headers = models.JSONField(default=dict)
    """Values by name, each sealed."""
    body = models.TextField(
        _("body"), blank=True, max_length=4000,
        help_text=_(
            "JSON with “{parameters}” as values, and “{caller}”. Empty: the parameters themselves; "
            "nothing with GET and DELETE."
        ),
    )  # fmt: skip
    paths = models.TextField(
        _("parts of the answer"), blank=True, max_length=1000,
        help_text=_(
            "What the model gets of a JSON answer: one path a line, like $.slots[*].time. Empty: "
            "all of it."
        ),
    )  # fmt: skip
    name_path = models.CharField(
        _("name of who calls"), max_length=200, blank=True,
        help_text=_(
            "A path, like $.customer.first_name. This tool is then asked when a call comes, with "
            "{caller} alone, and what stands there is {name} in the number's greeting and in its "
            "text about the business. The call waits 0.3 seconds for it at most."
        ),
    )  # fmt: skip
    reads_only = models.BooleanField(
        _("only looks things up"), default=False,
        help_text=_(
            "It may be asked while the caller might still be speaking, more than once and in "
            "vain. Leave it off for whatever books, changes, sends or costs: that is asked once, "
            "when the caller has finished."
        ),
    )  # fmt: skip
    may_repeat = models.BooleanField(
        _("may be tried again"), default=False,
        help_text=_(
            "After a failure, with the same Idempotency-Key: only where the system does nothing "
            "twice for one key. What only looks things up is always tried again."
        ),
    )  # fmt: skip
    deadline_s = models.FloatField(
        _("deadline"), default=USUAL_S,
        validators=[MinValueValidator(SHORTEST_S), MaxValueValidator(LONGEST_S)],
        help_text=_("Seconds for each attempt, from 0.5 to 30."),
    )  # fmt: skip
    asks_code = models.CharField(
        _("asks the caller for"), max_length=6, choices=callers_code.Asks,
        default=callers_code.Asks.NOTHING,
        help_text=_(
            "Who calls is known only by their number. The agent asks for this first, and your "
            "system checks it: it comes in the header X-Caller-Code, or where {code} stands in the "
            "body, and is kept nowhere. Answer 403 to a wrong one; after three in a call none is "
            "asked any more."
        ),
    )  # fmt: skip
    says_late = models.CharField(
        _("said after a second"), max_length=LONGEST_SAID, blank=True,
        help_text=_("Empty: the usual words, for each of these."),
    )  # fmt: skip
    says_long = models.CharField(_("said if it takes long"), max_length=LONGEST_SAID, blank=True)
    says_failed = models.CharField(_("said if it fails"), max_length=LONGEST_SAID, blank=True)
    is_on = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("tool")
        verbose_name_plural = _("tools")
        constraints = (models.UniqueConstraint(fields=("number", "name"), name="http_tool_name"),)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        wrong = dict[str, Any]()
        if self.name in {tool.name for tool in tools_in(spoken())}:
            wrong["name"] = _("Every number has a tool of this name: choose another.")
        wrong["schema"] = [
            ValidationError(f"{words}" % inside)
            for words, inside in parameters.problems_of(self.schema)
        ]
        known = set(self.schema.get("properties", {})) if not wrong["schema"] else set()
        if taken := known & RESERVED:
            wrong["schema"] = _("{%(name)s} is filled in by the call: choose another name.") % {
                "name": min(taken)
            }
        known |= {CALLER}
        if not filling.is_address(self.address):
            wrong["address"] = _(
                "Write an address like https://calendar.example.org/free?day={day}: a scheme, a "
                "host without a parameter in it, and no password."
            )
        elif secret := filling.secret_in(self.address):
            wrong["address"] = ValidationError(
                _(
                    "%(name)s looks like a secret, and addresses are shown and logged: put it into "
                    "a header, which is encrypted."
                ),
                params={"name": secret[:40]},
            )
        elif unknown := filling.places_in(self.address) - known:
            wrong["address"] = _unknown(unknown)
        known |= {callers_code.NAME} if self.asks_for_code else set()
        if self.body.strip() and not filling.is_body(self.body):
            wrong["body"] = _('This is no JSON. Parameters stand in quotes: "{day}".')
        elif unknown := filling.places_in(self.body) - known:
            wrong["body"] = _unknown(unknown)
        bad_paths = [line for line in self.path_lines if answer_parts.steps_of(line) is None]
        if bad_paths:
            wrong["paths"] = ValidationError(
                _("%(line)s is no path: write names, places and [*], like $.slots[*].time."),
                params={"line": bad_paths[0][:40]},
            )
        wrong["name_path"] = self._wrong_name_path() if self.name_path else None
        if wrong := {name: each for name, each in wrong.items() if each}:
            raise ValidationError(wrong)

    def _wrong_name_path(self) -> Any:
        if answer_parts.steps_of(self.name_path) is None:
            return ValidationError(
                _("%(line)s is no path: write names, places and [*], like $.slots[*].time."),
                params={"line": self.name_path[:40]},
            )
        if not self.reads_only:
            return _("Only a tool that only looks things up is asked before anybody has spoken.")
        if self.schema.get("required") or self.asks_for_code:
            return _("Before anybody has spoken only {caller} is known: require no parameter.")
        others = HttpTool.objects.filter(number=self.number_id).exclude(pk=self.pk)
        if other := others.exclude(name_path="").first():
            return ValidationError(
                _("%(name)s is asked for the name already."), params={"name": other.name}
            )
        return None

    @property
    def path_lines(self) -> list[str]:
        return [line.strip() for line in self.paths.splitlines() if line.strip()]

    @property
    def is_repeatable(self) -> bool:
        return self.reads_only or self.may_repeat

    @property
    def asks_for_code(self) -> bool:
        return self.asks_code != callers_code.Asks.NOTHING

    @property
    def runs_ahead(self) -> bool:
        """A code that is half said is none."""
        return self.reads_only and not self.asks_for_code

    @property
    def uses_caller(self) -> bool:
        """As far as what may be shown tells."""
        return CALLER in filling.places_in(self.address) | filling.places_in(self.body)

    def named(self, headers: list[str]) -> list[str]:
        return [f"{self.number.number} {self.name} {header}" for header in headers]

    def unreadable_headers(self) -> list[str]:
        return [name for name, token in self.headers.items() if not field_keys.is_readable(token)]

    def request(
        self, given: Mapping[str, Any], key: str = "", *, caller: str = "", code: str = ""
    ) -> Request:
        """key: names this use, in all its attempts. caller: their number, "" where it is withheld.
        code: what they said, where it asks for one. Raises filling.Unfit and Unreadable."""
        filled = {**given, CALLER: caller, callers_code.NAME: code}
        headers = [
            (name, field_keys.opened(token).replace(f"{{{CALLER}}}", caller))
            for name, token in self.headers.items()
        ]
        if key:
            headers.append(("Idempotency-Key", key))
        has_body = bool(self.body.strip()) or self.method not in {"GET", "DELETE"}
        if self.asks_for_code and callers_code.NAME not in filling.places_in(self.body):
            headers.append((callers_code.HEADER, callers_code.header_value(code)))
        body = filling.body(self.body, filled if self.body.strip() else given)
        return Request(
            self.method,
            filling.address(self.address, filled),
            tuple(headers),
            body if has_body else None,
        )

    def as_tool(self, caller: str = "") -> Tool:
        """As a call is offered it. caller: their number."""
        from calls.http_tools.offered import Offered  # which says what it asks

        return Offered(self, caller).tool


def kept_secrets() -> tuple[int, list[str]]:
    """How many the tools of all numbers have; those that no key opens, by number, tool and
    header."""
    tools = HttpTool.objects.exclude(headers={}).select_related("number")
    count, unreadable = 0, list[str]()
    for tool in tools.order_by("number__number", "name"):
        count += len(tool.headers)
        unreadable += tool.named(tool.unreadable_headers())
    return count, unreadable


def _unknown(names: set[str]) -> ValidationError:
    return ValidationError(
        _("No parameter is called %(names)s."), params={"names": ", ".join(sorted(names))}
    )


def header_problem(name: str, value: str) -> Any:
    """What keeps it from being sent; None: nothing."""
    if not HEADER.fullmatch(name) or name.lower() in OURS:
        return _("This is no header that can be set.")
    if not value.isascii() or not value.isprintable() or len(value) > 2000:
        return _("A header's value has Latin letters, digits and signs only.")
    return None
