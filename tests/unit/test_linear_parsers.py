"""Twice the worst input makes twice the steps, for every parser that a client's or an upstream's bytes reach.

Steps are lines of Python that are run and functions in C that are called. What an expression of `re` costs on its worst
text is in test_linear.py, and what the mistakes of a file cost in test_many_mistakes.py.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import orjson
import pytest

from fanin.config import parse
from fanin.config.path import decoded_path, decoded_segment, target_of
from fanin.config.template import UrlTemplate
from fanin.config.variables import overrides
from fanin.config.warn import warnings
from fanin.contract import request_limits
from fanin.contract.headers import matches
from fanin.engine.call import Request, Response
from fanin.engine.idempotency import idempotency_key
from fanin.engine.trace_context import TraceContext
from fanin.entrypoints.aws_lambda import event
from fanin.entrypoints.websocket import messages
from fanin.errors import FaninError
from fanin.jobs.preferences import prefers_async
from fanin.observability.redact import redactor
from fanin.policies.cache.freshness import age, directives, lifetime
from fanin.sources.decoders import decoder_of
from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken
from fanin.sources.http.head import moment
from fanin.sources.http.redirect import redirected
from fanin.sources.links import links_of
from fanin.sources.meaning import retry_after
from tests.unit.lambda_events import payload_1, payload_2
from tests.unit.steps import steps_of

NUMBER = 120
MEMORY = 10**9

type Work = Callable[[], object]


def read_event(made: dict[str, object]) -> None:
    """Read an event as the handler does, up to the request's limits."""
    request = event.parse(made)
    request_limits.check(request.target, request.query, request.headers, request.body)


def read_answer(data: bytes, size: int, method: str = "GET") -> None:
    """Read an answer that comes in parts of so many bytes."""
    answer = Answer(method)
    for start in range(0, len(data), size):
        answer.feed(data[start : start + size])


def read_body(form: str, body: bytes, content_type: str = "") -> None:
    """Decode a body."""
    decoder_of(form)("s", Response(200, {"content-type": content_type}, body), MEMORY)


def events(number: int) -> dict[str, Work]:
    """Give events that are as large as they may be, or larger."""
    headers = {f"x-{n}": "a" for n in range(number)}
    pairs = [("k", str(n)) for n in range(number)]
    query = "&".join(f"{name}={value}%20" for name, value in pairs)
    return {
        "headers": partial(read_event, payload_2(headers=headers)),
        "cookies": partial(read_event, payload_2(cookies=[f"c{n}=a" for n in range(number)])),
        "a query": partial(read_event, payload_2("/", query)),
        "a query of separators": partial(read_event, payload_2("/", "&;=" * number)),
        "a query in pairs": partial(read_event, payload_1("/", pairs)),
        "a path": partial(read_event, payload_2("/%2F%61" * number)),
        "a body in base64": partial(read_event, payload_2(body="QUFB" * number, isBase64Encoded=True)),
        "a mapped path": partial(
            read_event,
            payload_1("/shop" + "/a" * number, resource="/{proxy+}", pathParameters={"proxy": "a/" * number + "a"}),
        ),
    }


def of_clients(number: int) -> dict[str, Work]:
    """Give what else a client sends."""
    deep = "[" * number + "]" * number
    return {
        "Prefer": partial(prefers_async, 'a="b\\"", ' * number),
        "Prefer without a comma": partial(prefers_async, "respond-async; " * number),
        "Idempotency-Key": partial(idempotency_key, '"' + "a\\" * number + '"'),
        "If-None-Match": partial(matches, 'W/"a", ' * number, '"b"'),
        "traceparent": partial(TraceContext.of, {"traceparent": "00-" + "1" * number}),
        "tracestate": partial(
            TraceContext.of,
            {
                "traceparent": f"00-{'1' * 32}-{'1' * 16}-01",
                "tracestate": ",".join(f"k{n}=v" for n in range(number)),
            },
        ),
        "a WebSocket message": partial(messages.parse, '{"action": "subscribe", "id": "' + "a" * number + '"}'),
        "a deep WebSocket message": partial(messages.parse, deep),
        "parameters of a WebSocket message": partial(
            messages.parse,
            orjson.dumps(
                {"action": "subscribe", "id": "a", "endpoint": "e", "params": {f"p{n}": 1 for n in range(number)}}
            ),
        ),
        "a path's segments": lambda: decoded_segment(decoded_path("/%2f%2F" * number)),
        "what is logged": partial(redactor(), "token=a&key=b@c.example " * number),
    }


def of_upstreams(number: int) -> dict[str, Work]:
    """Give what an upstream sends."""
    ok, chunked = b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n\r\n"
    fields = b"".join(b"x%d: y\r\n" % n for n in range(number))
    redirect = Response(302, {"location": "/../a b\u00e9" * number}, b"")
    nested = b"<a>" * 50 + b"<b/>" * number + b"</a>" * 50
    return {
        "headers of an answer": partial(read_answer, ok + fields + b"\r\n", 10**9),
        "headers of an answer, byte by byte": partial(read_answer, ok + fields + b"\r\n", 1),
        "one header, byte by byte": partial(read_answer, ok + b"x: " + b"y" * number, 1),
        "early hints": partial(read_answer, b"HTTP/1.1 103 Hints\r\n\r\n" * number + ok + b"\r\n", 7),
        "chunks": partial(read_answer, ok + chunked + b"1\r\na\r\n" * number + b"0\r\n\r\n", 10**9),
        "chunks, byte by byte": partial(read_answer, ok + chunked + b"1\r\na\r\n" * number + b"0\r\n\r\n", 1),
        "a chunk's extensions": partial(read_answer, ok + chunked + b"1" + b";a=b" * number + b"\r\na\r\n", 3),
        "trailers": partial(read_answer, ok + chunked + b"0\r\n" + fields + b"\r\n", 5),
        "Cache-Control": partial(directives, 'max-age=1, no-cache="a, b", ' * number),
        "a lifetime": partial(
            lifetime_of, {"cache-control": "s-maxage=1," * number, "vary": "a, " * number, "expires": "0" * number}
        ),
        "Age": partial(age, {"age": "1, " * number}),
        "Retry-After": partial(retry_after, {"retry-after": "1" * number, "date": "Mon, " * number}),
        "a date": partial(moment, "Mon, 01 Jan 2026 " * number),
        "Location": partial(redirected, Request("GET", "https://a.example/x", (), None), redirect),
        "Link": partial(links_of, '</a>; rel="next" ; a="b\\", ' * number, "https://a.example/"),
        "Link of one long parameter": partial(links_of, '<a>; rel="' + "\\a" * number, "https://a.example/"),
        "Link of opened links": partial(links_of, "<a" * number + ">", "https://a.example/"),
        "Link of relations": partial(links_of, '<a>; rel="' + "a b " * number + '"', "https://a.example/"),
        "JSON": partial(read_body, "json", b"[" + b'{"a":[]},' * number + b"1]"),
        "JSON of strings": partial(read_body, "json", b"[" + b'"\\"[{",' * number + b"1]"),
        "JSON that is cut off": partial(read_body, "json", b'["' * number),
        "lines of JSON": partial(read_body, "ndjson", b'{"a": 1}\n' * number),
        "CSV": partial(read_body, "csv", b"a,b\n" + b'"x""",y\n' * number),
        "CSV of empty fields": partial(
            read_body, "csv", b",".join(b"c%d" % n for n in range(number)) + b"\n" + b"," * number
        ),
        "text": partial(read_body, "text", b"\xc3\xa9" * number, "text/plain; " + "charset=utf-8; " * number),
        "bytes": partial(read_body, "bytes", b"\xff" * number),
        "XML": partial(read_body, "xml", nested),
        "XML of attributes": partial(
            read_body, "xml", b"<a " + b" ".join(b'k%d="v"' % n for n in range(number)) + b"/>"
        ),
        "XML of texts": partial(read_body, "xml", b"<a>" + b"x<b/>&amp;" * number + b"</a>"),
        "a feed": partial(
            read_body,
            "feed",
            b'<rss version="2.0"><channel>' + b"<item><title>a</title></item>" * number + b"</channel></rss>",
        ),
        "a feed of titles": partial(
            read_body,
            "feed",
            b'<rss version="2.0"><channel><item>' + b"<title>a&amp;</title>" * number + b"</item></channel></rss>",
        ),
    }


def lifetime_of(headers: dict[str, str]) -> None:
    """Find out for how long an answer may be kept."""
    assert CACHE
    lifetime(CACHE, headers, personal=True)


CACHE = (
    parse(
        'fanin = 1\n[sources.a]\nurl = "https://a.example"\ncache = { fresh = "1m" }\n'
        '[endpoints.e]\npath = "/e"\nsources = ["a"]\n',
        {},
    )
    .sources["a"]
    .cache
)


def of_files(number: int) -> dict[str, Work]:
    """Give files, and what the environment says of them."""
    variables = "".join(f'v{n} = "x"\n' for n in range(number))
    used = "".join(f"&a={{$v{n}}}" for n in range(number))
    source = '[sources.s]\nurl = "https://a.example/{p}"\ntimeout = "1s"\n'
    endpoint = '[endpoints.e]\npath = "/e/{p}"\nsources = ["s"]\n'
    endpoints = "".join(f'[endpoints.e{n}]\npath = "/e{n}/{{p}}"\nsources = ["s"]\n' for n in range(number))
    parameters = "".join(f"[endpoints.e.parameters.q{n}]\ndefault = 'a'\n" for n in range(number))
    keys = ", ".join(f'k{n} = "{{p}}"' for n in range(number))
    dropped = ", ".join(f'"a{n}"' for n in range(number))
    sources = "".join(source.replace("[sources.s]", f"[sources.s{n}]") for n in range(number))
    files = {
        "variables": f'fanin = 1\n[variables]\n{variables}[sources.t]\nurl = "https://a.example?{used}"\n{source}{endpoint}',
        "endpoints of one source": f"fanin = 1\n{source}{endpoints}",
        "sources": f"fanin = 1\n{sources}{source}{endpoint}",
        "parameters": f"fanin = 1\n{source}{endpoint}{parameters}",
        "headers of a source": f"fanin = 1\n{source}headers = {{ {keys} }}\n{endpoint}",
        "a body": f'fanin = 1\n{source}method = "POST"\nbody = {{ {keys} }}\n{endpoint}',
        "a static value": f"fanin = 1\n{source}[sources.v.value]\n{variables}{endpoint}",
        "drops": f"fanin = 1\n{source}drop = [{dropped}]\n{endpoint}",
    }
    pairs = " ".join(f"v{n}=x%20y" for n in range(number))
    work: dict[str, Work] = {name: partial(checked, text) for name, text in files.items()}
    return work | {
        "FANIN_VARIABLES": partial(overrides, {"FANIN_VARIABLES": pairs}, {f"v{n}": "" for n in range(number)}),
        "unknown names in FANIN_VARIABLES": partial(overrides, {"FANIN_VARIABLES": pairs}, {}),
        "a URL": partial(UrlTemplate.parse, "https://a.example/" + "{a}/" * number + "?" + "b={a.b}&" * number),
        "a URL of percent signs": partial(UrlTemplate.parse, "https://a.example/" + "%41" * number),
        "a request's target": partial(target_of, "/e", {}, [(f"p{n}", "a b") for n in range(number)]),
    }


def checked(text: str) -> None:
    """Check a file as `fanin check` does."""
    warnings(parse(text, {}), text)


KINDS = (events, of_clients, of_upstreams, of_files)
NAMES = [(kind, name) for kind in KINDS for name in kind(1)]


@pytest.mark.parametrize(("kind", "name"), NAMES, ids=[name for _, name in NAMES])
def test_twice_the_input_makes_twice_the_steps(kind: Callable[[int], dict[str, Work]], name: str) -> None:
    """Whether it takes the input or refuses it."""

    def steps(number: int) -> int:
        work = kind(number)[name]

        def attempt() -> None:
            with suppress(FaninError, messages.RefusedMessage, ValueError, Broken):
                work()

        attempt()  # what is made once is made
        return steps_of(attempt)

    once, twice = steps(NUMBER), steps(2 * NUMBER)
    assert twice <= 2.2 * once + 100
