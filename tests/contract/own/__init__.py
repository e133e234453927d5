"""What a fanin.toml says, asked of every execution model over upstreams that answer by a script.

A case is a file, what its upstreams answer, a question, and what must come back. A file of cases is a test module here
beside its fanin.toml in `cases/`: see test_harness.py.
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.case")
