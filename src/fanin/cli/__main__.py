"""`python -m fanin.cli`, where the command itself is not on the path."""

from fanin.cli import app

app(prog_name="fanin")
