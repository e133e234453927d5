"""Ask a handler, in an interpreter of its own, and tell what its answers cost.

Run as a file, by an interpreter that stands for Lambda's: probe.py MODULE EVENT CASES. EVENT is a file with an event
of an HTTP API. CASES are JSON: a list of [path, calls, kind]. The first is the import of the module and one call; each
of the others is asked once before it counts. Of each the last line of stderr has, as JSON,

- `cpu`: the seconds of CPU a call,
- `time`: the median of the seconds of the calls,
- `count`: nothing, since it is Callgrind that counts: it dumps the instructions of these calls.
"""

import json
import sys
import time
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing would be imported for the handler
    from collections.abc import Callable
    from typing import Any

MODULE, EVENT, CASES = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
START, STOP, DUMP, ZERO = 0x43540004, 0x43540005, 0x43540000, 0x43540001
"""What callgrind.h calls these requests."""
with open(EVENT, encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be imported for the handler
    event: "dict[str, Any]" = json.load(file)
handler: "Callable[[object, object], Any]"


class Context:
    """What Lambda hands over beside an event."""

    aws_request_id = "1"

    def get_remaining_time_in_millis(self) -> int:
        """Leave as much time as API Gateway does."""
        return 29_000


def ask(path: str) -> None:
    """Ask once, for a whole answer."""
    context = event["requestContext"]
    http = context["http"] | {"path": path}
    answer = handler(event | {"rawPath": path, "requestContext": context | {"http": http}}, Context())
    assert answer["statusCode"] == 200, answer
    assert answer["headers"].get("fanin-complete") != "?0", answer


def first() -> None:
    """Import the handler, and ask it once."""
    global handler  # noqa: PLW0603 - it is what all this is about
    handler = __import__(MODULE, fromlist=["handler"]).handler  # the module itself, and not its package
    ask(CASES[0][0])


if any(kind == "count" for _, _, kind in CASES):
    import ctypes
    import mmap

    # The sequence by which valgrind.h makes requests on x86-64, as a function of a request's address: mov rax, rdi;
    # xor edx, edx; rol rdi, 3; rol rdi, 13; rol rdi, 61; rol rdi, 51; xchg rbx, rbx; ret. Elsewhere it does nothing.
    _code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    _code.write(bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db c3"))
    _call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(_code)))
    _requests = {number: (ctypes.c_uint64 * 6)(number) for number in (START, STOP, DUMP, ZERO)}


def measured(do: "Callable[[], None]", calls: int, kind: str) -> float | None:
    """Do it so often; give what a call took."""
    if kind == "count":
        for number in (ZERO, START):
            _call(_requests[number])
        for _ in range(calls):
            do()
        for number in (DUMP, STOP):
            _call(_requests[number])
        return None
    if kind == "cpu":
        began = time.process_time()
        for _ in range(calls):
            do()
        return (time.process_time() - began) / calls
    took = []
    for _ in range(calls):
        began = time.perf_counter()
        do()
        took.append(time.perf_counter() - began)
    return sorted(took)[calls // 2]


found = [measured(first, 1, CASES[0][2])]
for path, calls, kind in CASES[1:]:
    ask(path)
    found.append(measured(partial(ask, path), calls, kind))
print(json.dumps(found), file=sys.stderr)
