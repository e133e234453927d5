"""Work that should not hold a request: handed to a queue it does not, where Lambda would wait for it otherwise."""

import json

from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question

_CHAIN = 3
_DELAY = 0.7


def test_a_job_holds_its_client_for_less_than_the_work_takes(
    functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """The same endpoint, waited for and as a job."""
    ask = functions["gateway"]
    job = Question(
        "/jobs",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=json.dumps({"endpoint": "trip", "parameters": {"city": "Lisbon"}}).encode(),
    )
    upstream.reset()
    assert ask(job).status == 202  # the first makes the clients of AWS
    upstream.rules({"*": {"delay": int(_DELAY * 1000)}})
    waited, handed_in = ask(Question("/trip/Lisbon")), ask(job)
    upstream.reset()
    assert (waited.status, handed_in.status) == (200, 202)
    assert waited.seconds >= _CHAIN * _DELAY
    assert handed_in.seconds < waited.seconds / 2
