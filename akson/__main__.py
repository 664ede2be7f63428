"""`python -m akson`: the command `akson`."""

from akson.cli import main

main()
