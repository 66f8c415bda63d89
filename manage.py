#!/usr/bin/env python
"""Django's command line for HeVoice."""

import os
import sys

from dotenv import load_dotenv


def main() -> None:
    # Whoever names the settings, as tests and benches do, has made the whole environment.
    if "DJANGO_SETTINGS_MODULE" not in os.environ and sys.argv[1:2] != ["test"]:
        load_dotenv(".env")  # what is set already wins
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # the one line that says what to change
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
