"""A cold start without databases imports nothing that only they need."""

import subprocess
import sys

import pytest

FILE = 'fanin = 1\n{database}[sources.a]\n{source}\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
LATE = ("fanin.config.databases", "fanin.config.template.statement", "fanin.sources.sql.rows", "asyncpg", "psycopg")
PROGRAM = """
import sys
from contextlib import ExitStack
from fanin.config import parse
from fanin.sources.kinds import blocking_fetch_of
from fanin.sources.reach import BlockingReach
config = parse(sys.argv[1], {})
blocking_fetch_of(config.sources, BlockingReach({False: None, True: None}, lambda: None, lambda: 0.0), ExitStack())
print(*sys.modules)
"""


@pytest.mark.parametrize(
    ("database", "source", "imported"),
    [
        ("", "value = 1", set[str]()),
        (
            '[databases.d]\nurl = "postgresql://u@h/d"\n',
            'database = "d"\nsql = "select 1"',
            set(LATE) - {"asyncpg"},
        ),
    ],
)
def test_only_a_file_with_a_database_imports_what_it_needs(database: str, source: str, imported: set[str]) -> None:
    text = FILE.format(database=database, source=source)
    ran = subprocess.run([sys.executable, "-c", PROGRAM, text], capture_output=True, text=True, check=True)
    assert {name for name in LATE if name in ran.stdout.split()} == imported
