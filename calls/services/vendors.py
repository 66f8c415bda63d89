"""A vendor's declaration: its name, its settings, and the classes that play a call's roles.

The settings (hevoice/settings.py), README's table, `.env.example`, the setup page and `check_setup`
read these declarations; VENDORS in the settings lists the modules that have one.

Rule: a declaration can be imported without settings, because they are made from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

ROLES = {
    "transcriber": "which service recognises",
    "writer": "which service writes the answers",
    "speaker": "which service speaks",
}
"""What a call needs. The setting of the same name in capitals is the path of the class that plays
the role; HEVOICE_ before it is the variable that chooses a vendor by name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of the environment, and Django's setting of the same name.

    meaning: for README's table, in a few words. default: a text, or a switch.
    default_in_words: for a default that does not explain itself.
    chooses: the roles that its vendor takes on when this is set, unless another vendor is named.
    """

    name: str
    meaning: str
    default: str | bool = ""
    default_in_words: str = ""
    is_secret: bool = False
    chooses: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """Its line of README's table."""
        default = self.default_in_words or self._default
        return f"| `{self.name}` | {f'{default} ' if default else ''}| {self.meaning} |"

    @property
    def example(self) -> str:
        """Its line of `.env.example`."""
        given = f"# {self.name}={self._default}"
        words = f"{self.meaning}; empty: {self.default_in_words}"
        return f"{given:<40} # {words if self.default_in_words else self.meaning}".replace("`", "")

    @property
    def _default(self) -> str:
        return f"{self.default}".lower() if isinstance(self.default, bool) else self.default


@dataclass(frozen=True, slots=True)
class Vendor:
    """name: the value of HEVOICE_TRANSCRIBER and the like.

    plays: by role, the dotted path of the class. `check_setup` tries its `warm_up`.
    checks: what else `check_setup` looks at, by name: the dotted path of a function that returns
        what it found, and raises ServiceFailed if something is wrong.
    judge, summariser: the dotted paths of a calls.services.judging.Judge and of a
        calls.services.summarising.Summariser, if its writer is a language model.
    """

    name: str
    plays: Mapping[str, str]
    settings: Sequence[Setting] = ()
    checks: Mapping[str, str] = field(default_factory=dict)
    judge: str = ""
    summariser: str = ""

    def choosing(self, role: str) -> list[str]:
        """The settings any of which has this vendor taken for the role; none: the stand-in."""
        return [each.name for each in self.settings if role in each.chooses]


def registered(modules: Sequence[str]) -> list[Vendor]:
    """The declaration (VENDOR) of each module."""
    return [import_module(name).VENDOR for name in modules]


def players(vendors: Sequence[Vendor], role: str) -> dict[str, str]:
    """By the name of each vendor that plays the role, the path of its class."""
    return {vendor.name: vendor.plays[role] for vendor in vendors if role in vendor.plays}


def usual(vendors: Sequence[Vendor], role: str, given: Mapping[str, object]) -> str:
    """The vendor that plays the role unless one is named: the first one with something set that
    chooses it, else the stand-in. given: the settings by name."""
    candidates = [vendor for vendor in vendors if role in vendor.plays]
    chosen = [each for each in candidates if any(given.get(one) for one in each.choosing(role))]
    stand_ins = [each for each in candidates if not each.choosing(role)]
    return (chosen + stand_ins)[0].name


def in_use(vendors: Sequence[Vendor], paths: Sequence[str]) -> Iterator[Vendor]:
    """The vendors of these classes."""
    for vendor in vendors:
        if not set(paths).isdisjoint(vendor.plays.values()):
            yield vendor


def declared(vendors: Sequence[Vendor]) -> Iterator[Setting]:
    """What chooses for each role, and all that the vendors let one set."""
    for role, meaning in ROLES.items():
        named = players(vendors, role)
        usually = [
            f"{each.name} with {' or '.join(f'`{one}`' for one in each.choosing(role))}"
            for each in vendors
            if role in each.plays and each.choosing(role)
        ]
        yield Setting(
            f"HEVOICE_{role.upper()}",
            f"{meaning}: {' or '.join(named)}",
            default_in_words=", ".join([*usually, f"else {usual(vendors, role, {})}"]),
        )
    for vendor in vendors:
        yield from vendor.settings
