"""The layout is a promise: who may import whom, what is pure, how files are named and how long.

If a profile can change it, it is in tuning/. If it touches the world, it is in calls/. If an
operator looks at it, it is in dashboard/. hevoice/ only wires.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase

ROOT: Path = settings.BASE_DIR
OURS = ("hevoice", "tuning", "calls", "dashboard")
MAY_IMPORT = {
    "tuning": {"tuning"},
    "calls": {"calls", "tuning"},
    "dashboard": {"dashboard", "calls", "tuning"},
    "hevoice": set(OURS),
}
BUS = "hevoice.bus"
"""What processes tell each other: the one thing of hevoice/ that all others may use."""
CARRIER, TWILIO = "calls.telephony.carrier", "calls.telephony.twilio"
BROWSER = "calls.telephony.browser"
SEAMS = (BUS, CARRIER, TWILIO, BROWSER)
"""Rooms of their own, inside others: what a carrier is, and each of them."""
ROOMS = {
    "tuning.turns": set(),
    "tuning.lab": {"tuning.turns"},
    "calls.lab": {
        *("calls", "calls.language", "calls.measures", "calls.process", "calls.records"),
        *("tuning", "tuning.lab", "tuning.turns"),
    },
    "calls.agreed": {
        *("calls", "calls.http_tools", "calls.language", "calls.privacy", "calls.services"),
    },
    "calls.audio": {"tuning.turns"},
    "calls.measures": {"calls", "tuning", "tuning.lab", "tuning.turns"},
    "calls.language": {"tuning.turns"},
    "calls.http_tools": {"calls", "calls.language", "calls.process", "calls.services"},
    "calls.knowledge": {"calls.language", "calls.services"},
    "calls.privacy": {"calls.language"},
    "calls.services": {"calls.audio", "calls.language", "tuning.turns"},
    CARRIER: set(),
    TWILIO: {
        *("calls", "calls.language", "calls.process", "calls.records", "calls.services"),
        *("calls.telephony", CARRIER),
    },
    BROWSER: {"calls", "calls.telephony", "calls.voice", CARRIER},
    "calls.telephony": {
        *("calls", "calls.agreed", "calls.audio", "calls.http_tools", "calls.knowledge"),
        *("calls.language", "calls.process", "calls.records", "calls.services", "calls.voice"),
        *(CARRIER, "tuning", "tuning.turns"),
    },
    "calls.records": {
        *("calls", "calls.audio", "calls.language", "calls.measures", "calls.process"),
        *("calls.privacy", "calls.services", "calls.telephony"),
        *("tuning", "tuning.lab", "tuning.turns"),
    },
    "calls.voice": {
        *("calls", "calls.audio", "calls.language", "calls.measures", "calls.records"),
        *("calls.services", CARRIER, "tuning", "tuning.turns"),
    },
    "calls.process": {
        *("calls", "calls.http_tools", "calls.records", "calls.services", "calls.telephony"),
        *("calls.voice", "tuning", "tuning.turns"),
    },
}
"""What each room may use besides itself. Nothing of these uses the simulator: what answers calls
knows nothing of what places them."""
CARRIERS_WORDS = re.compile("twilio|twiml|dtmf|(stream|call|account)sid", re.IGNORECASE)
STORED = re.compile("twilio_status|twilio_sequence")
"""Columns that have kept the name of the first carrier."""
MAY_SPEAK_THEM = {
    "calls/telephony/twilio/": "the carrier",
    "calls/simulator/": "plays the carrier's part in test calls",
    "calls/management/commands/call.py": "places such calls",
    "calls/management/commands/connect_number.py": "its own command: Django finds them only there",
    "dashboard/words.py": "what its reports mean, among all other texts",
    "dashboard/setup/settings_in_use.py": "names of settings",
    "hevoice/settings.py": "its settings",
}
HEBREW_LETTER = re.compile("[א-ת]")
SHIPPED_LANGUAGE = "calls.language.hebrew"
MOST_MODULES = 15
"""A folder of more holds two subjects."""
PURE = (
    *("tuning.turns", "tuning.lab", "calls.audio.codec", "calls.audio.riff", "calls.audio.level"),
    *("calls.audio.echo", "calls.measures.latency", "calls.measures.tradeoff", "calls.voice.clock"),
    *("calls.measures.shares", "calls.lab.advice", "calls.lab.comparison", "calls.lab.figures"),
    *("calls.lab.summing_up", "calls.telephony.carrier", "calls.telephony.twilio.messages"),
    *("calls.http_tools.hosts", "calls.http_tools.filling", "calls.http_tools.answer_parts"),
    "calls.telephony.browser.messages",
    *("calls.language.completion", "calls.language.search_keys", "calls.language.personal"),
    *("calls.knowledge.passages", "calls.knowledge.ranking", "calls.agreed.schema"),
    *("calls.privacy.keeping", "calls.privacy.known", "calls.privacy.redaction"),
    "tuning.simple",
)
"""Modules, and folders of them."""
HARMLESS = {
    *("__future__", "base64", "binascii", "bisect", "collections", "copy", "dataclasses"),
    *("enum", "functools", "hashlib", "itertools", "json", "math", "numpy", "random", "re"),
    *("heapq", "ipaddress", "statistics", "urllib"),  # urllib: what an address is made of
    *("struct", "typing", "pathlib", "tomllib", "xml"),  # word lists and weights are read, once
    "zlib",  # its checksums
    "twilio.twiml",  # of that package only what makes XML
}
"""What a pure module may import besides pure modules: nothing that acts, waits or tells time."""
VAGUE = {"manager", "handler", "helper", "util", "utils", "base", "processor", "misc", "common"}
NOT_FAST = {
    *("Server", "chromium", "RedisServer", "PostgresqlServer", "Agent", "Cloud", "GoogleSpeech"),
    *("GoogleVoice", "OpenAiServer", "TwilioApi", "google", "served", "calls_in_progress"),
    "outages",
}
"""What the tests start, or connect to: a test that uses one is tagged `protocol` or `browser`."""
LONGEST = 300
WHY_LONGER = {
    "calls/voice/reply.py": "one reply, to be followed in one file until it is heard",
    "dashboard/help/glossary.py": "every word of the pages once, each with its meaning",
    "tuning/turns/events.py": "every event and action once, as journals hold them",
    "tuning/turns/profile.py": "every knob once, each with its label and help in two languages",
    "tuning/turns/turn_taker.py": "one state machine: what it counts is in what it imports",
}
"""Files over 300 lines that have answered for it."""


def python_files(*folders: str) -> Iterator[Path]:
    for path in chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders):
        if "migrations" not in path.parts:
            yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"{name_of(path)} imports relatively")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def texts_of(path: Path) -> list[str]:
    """The strings in it, but for docstrings."""
    tree = ast.parse(path.read_text())
    said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    every = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in every if isinstance(node.value, str) and node not in said]


def room_of(name: str) -> str:
    """The folder of what is imported: `calls.services` of calls.services.google.voice."""
    for seam in SEAMS:
        if f"{name}.".startswith(f"{seam}."):
            return seam
    package, folder = name.split(".")[:2]
    return f"{package}.{folder}" if (ROOT / package / folder).is_dir() else package


def pure_files() -> Iterator[Path]:
    for each in PURE:
        path = ROOT / each.replace(".", "/")
        yield from path.glob("[!_]*.py") if path.is_dir() else [path.with_suffix(".py")]


def using(path: Path, names: set[str]) -> set[str]:
    """The functions and classes of a module that use what it imports under these names, directly
    or through each other."""
    body = ast.parse(path.read_text()).body
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    given = {alias.name for node in imports for alias in node.names} & names
    made = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    mentioned = {
        node.name: {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        for node in made
    }
    found: set[str] = set()
    while more := {name for name in mentioned if mentioned[name] & (given | found)} - found:
        found |= more
    return found


class DirectionTests(SimpleTestCase):
    def test_dashboard_imports_calls_imports_tuning_and_never_back(self) -> None:
        for folder, allowed in MAY_IMPORT.items():
            for path in python_files(folder):
                names = {name for name in imported(path) if not name.startswith(BUS)}
                packages = {name.split(".")[0] for name in names}
                with self.subTest(name_of(path)):
                    self.assertLessEqual(packages & {*OURS, "tests", "bench"}, allowed)

    def test_a_room_uses_only_the_rooms_that_it_may(self) -> None:
        for path in python_files("calls", "tuning"):
            room = room_of(name_of(path).removesuffix(".py").replace("/", "."))
            used = {room_of(name) for name in imported(path) if name.split(".")[0] in OURS}
            if room in ROOMS:
                with self.subTest(name_of(path)):
                    self.assertLessEqual(used - {room, BUS}, ROOMS[room])

    def test_a_carriers_words_are_spoken_only_in_its_own_folder(self) -> None:
        spoken = {
            name_of(path)
            for path in python_files(*OURS)
            if CARRIERS_WORDS.search(STORED.sub("", path.read_text()))
        }
        for place, why in MAY_SPEAK_THEM.items():
            there = {name for name in spoken if name.startswith(place)}
            self.assertTrue(there, f"{place} ({why}) speaks none: it needs no exception")
            spoken -= there
        self.assertEqual(spoken, set())

    def test_nothing_knows_which_language_is_spoken(self) -> None:
        """Whoever needs a language is given it, or asks for the one that the settings name."""
        for path in python_files(*OURS):
            if not name_of(path).startswith(SHIPPED_LANGUAGE.replace(".", "/")):
                known = {each for each in imported(path) if each.startswith(SHIPPED_LANGUAGE)}
                with self.subTest(name_of(path)):
                    self.assertEqual(known, set())

    def test_what_answers_calls_has_no_words_of_its_own(self) -> None:
        """A Hebrew letter stands in a comment, or as an example; what is said is a language's."""
        for path in python_files("calls/services", "calls/voice", "calls/telephony"):
            with self.subTest(name_of(path)):
                self.assertEqual(
                    [each for each in texts_of(path) if HEBREW_LETTER.search(each)], []
                )

    def test_the_dashboard_owns_only_what_operators_do_and_want(self) -> None:
        models = {model.__name__ for model in apps.get_app_config("dashboard").get_models()}
        self.assertEqual(models, {"AuditEvent", "OfferedPermission", "Preferences"})


class PurityTests(SimpleTestCase):
    def test_pure_modules_import_nothing_that_acts(self) -> None:
        for path in pure_files():
            for name in imported(path):
                may = any(f"{name}.".startswith(f"{each}.") for each in (*PURE, *HARMLESS))
                with self.subTest(name_of(path), imports=name):
                    self.assertTrue(may)

    def test_the_core_runs_where_there_is_no_django(self) -> None:
        modules = ", ".join(name_of(path)[:-3].replace("/", ".") for path in pure_files())
        program = f"import sys, {modules}; sys.exit('django' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr.decode())


class TagTests(SimpleTestCase):
    def test_a_test_that_starts_a_server_or_a_browser_is_no_fast_one(self) -> None:
        for path in sorted((ROOT / "tests").rglob("test_*.py")):
            module = import_module(name_of(path)[:-3].replace("/", "."))
            for name in using(path, NOT_FAST):
                kind = getattr(module, name)
                if isinstance(kind, type) and issubclass(kind, SimpleTestCase):
                    with self.subTest(f"{path.stem}.{name}"):
                        self.assertTrue({"protocol", "browser"} & getattr(kind, "tags", set()))


class FileTests(SimpleTestCase):
    def test_a_folder_of_many_modules_holds_two_subjects(self) -> None:
        for folder in {path.parent for path in python_files(*OURS)}:
            modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            with self.subTest(name_of(folder)):
                self.assertLessEqual(len(modules), MOST_MODULES)

    def test_no_file_has_a_name_that_says_nothing(self) -> None:
        for path in python_files(*OURS, "tests", "bench"):
            with self.subTest(name_of(path)):
                self.assertFalse(VAGUE & set(path.stem.removeprefix("test_").split("_")))

    def test_a_file_over_300_lines_is_asked_why(self) -> None:
        lengths = {
            name_of(path): len(path.read_text().splitlines())
            for path in python_files(*OURS, "tests", "bench")
        }
        long = {name: length for name, length in lengths.items() if length > LONGEST}
        unanswered = {name: length for name, length in long.items() if name not in WHY_LONGER}
        self.assertEqual(unanswered, {})
        self.assertLessEqual(WHY_LONGER.keys(), long.keys(), "this answer is no longer needed")
