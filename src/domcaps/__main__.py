"""`python -m domcaps`."""

from domcaps.cli.main import run

run()
