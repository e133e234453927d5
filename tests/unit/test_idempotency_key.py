"""fanin.policies.idempotency_key: one key for all attempts of a call."""

import re
from random import Random

from fanin.errors import SourceUnavailable
from fanin.testing import fails
from tests.unit.piped import Api, asked

LINES = 'method = "POST"\nidempotency_key = true\nretry = { attempts = 3 }'


def keys(api: Api) -> list[str]:
    """Give the key of each request."""
    return [dict(call.request.headers)["Idempotency-Key"] for call in api.calls]


def test_all_attempts_of_a_call_have_one_key_and_no_two_calls() -> None:
    """A random UUID."""
    api = Api(fails(SourceUnavailable))
    randomness = Random(1)
    asked(LINES, api, randomness=randomness)
    asked(LINES, api, randomness=randomness)
    first, second = keys(api)[:3], keys(api)[3:]
    assert len(set(first)) == len(set(second)) == 1
    assert set(first) != set(second)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first[0])


def test_other_headers_stay() -> None:
    """It is one more."""
    api = Api(fails(SourceUnavailable))
    asked(LINES, api, randomness=Random(1))
    assert len(api.calls[0].request.headers) == 1


def test_without_it_there_is_no_key() -> None:
    """Nothing is sent that was not asked for."""
    api = Api(fails(SourceUnavailable))
    asked("", api)
    assert api.calls[0].request.headers == ()
