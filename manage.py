#!/usr/bin/env python
"""Django's command line for HeVoice."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # the one line that says what to change
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
