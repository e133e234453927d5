"""Every regular expression that sees foreign bytes takes time in proportion to them, in its worst case.

`re` has no steps to count. Each worst case is so long that a quadratic expression needs minutes of a processor and a
linear one milliseconds. A limit of the process's own processor time ends what is not linear, however busy the machine.
"""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from types import ModuleType

import pytest

import fanin
from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake
from fanin.config.template import UrlTemplate
from fanin.config.units import seconds, size
from fanin.contract.headers import matches
from fanin.engine.idempotency import idempotency_key
from fanin.engine.trace_context import TraceContext
from fanin.errors import FaninError
from fanin.jobs.preferences import prefers_async
from fanin.observability.redact import names_credential, redactor
from fanin.policies.cache.freshness import directives
from fanin.sources.links import links_of
from fanin.sources.meaning import retry_after
from tests.unit.processor_time import processor_time

LENGTH = 250_000
"""Characters of a worst case: a quadratic expression takes over 10**10 steps for them."""
HARMLESS = {
    "fanin.config.callers.scopes._SCOPE": "is a class of characters, 100 of them at most",
    "fanin.config.late_pattern.compiled": "is what other modules have, and stands here by their names",
    "fanin.config.items._FIELD": "sees a name of fanin.toml, each part of which ends at a dot",
    "fanin.contract.client_address._PORT": "sees 100 characters at most",
    "fanin.testing.upstreams._SEALED": "is a class of characters, in a test's own requests",
    "fanin.entrypoints.fastapi.pages._INLINE": "sees a file of fanin's own",
    "fanin.entrypoints.fastapi.pages._PART": "sees a file of fanin's own",
    "fanin.testing.app.request": "sees what a test asks for",
    "fanin.config.check._paths": "sees paths that config.path._PATH has taken",
    "fanin.config.mistake.name_like": "sees 100 characters at most",
    "fanin.engine.catalogue.__init__": "is made of a path of fanin.toml, each part of which ends at a slash",
}
"""Expressions without a worst case, and why."""

type Expression = re.Pattern[str] | re.Pattern[bytes]
type Worst = tuple[str, str, str]
"""What a text begins with, what then repeats, and what makes the expression fail at the end, or begin anew."""

FUNCTIONS: dict[str, tuple[Callable[[str], object], tuple[Worst, ...]]] = {
    "fanin.jobs.preferences._PREFERENCE": (
        prefers_async,
        (
            ("", "a", '"'),
            ("", "a ", '"'),
            ("", "\\", '"'),
            ('a="', '\\"', ""),
            ("", ",", '"'),
            ("", " ", '"'),
            ("", '"a', ""),
        ),
    ),
    "fanin.engine.idempotency._STRING": (
        idempotency_key,
        (('"', "a", ""), ('"', '\\"', ""), ('"', "\\", ""), ("", " ", '"')),
    ),
    "fanin.sources.links._PARAMETER": (
        lambda text: links_of(text, "https://a.example/"),
        (
            *(("", "<", ""), ("", "<>", ""), ("", "<>;", ""), ("<>", ";", ""), ("<>", "; ", ""), ("<>;", "a", "")),
            *(("<>", ";a=", ""), ('<>;a="', "b", ""), ('<>;a="', '\\"', ""), ("", '<>;a="\\', ""), ("", '<>;a="', "")),
            *(('<>;a="', "\\", ""), ('<x>;rel="', "a ", '"'), ("", "<x>;rel=a,", ""), ("<>;rel=a ", " ", "")),
        ),
    ),
    "fanin.policies.cache.freshness._DIRECTIVE": (
        directives,
        (
            ("", "a", '="'),
            ("", 'a="', ""),
            ("", 'a="\\",', ""),
            ('a="', "\\", ""),
            ('a="', "a,", ""),
            ("", "a=", '"'),
            ("", "=", ""),
        ),
    ),
    "fanin.sources.meaning._SECONDS": (
        lambda text: retry_after({"retry-after": text, "date": text}),
        (("", "1", "a"), ("", "1 ", ""), ("Mon, ", "1:", ""), ("1 Jan 2026 ", "1:", ""), ("", "a,", ""), ("", "-", "")),
    ),
    "fanin.engine.trace_context._TRACEPARENT": (
        lambda text: TraceContext.of({"traceparent": text}),
        (("", "0", ""), ("00-" + "1" * 32 + "-" + "1" * 16 + "-01-", "a", "\n"), ("", " ", "a")),
    ),
    "fanin.engine.trace_context._MEMBER": (
        lambda text: TraceContext.of({"traceparent": f"00-{'1' * 32}-{'1' * 16}-01", "tracestate": text}),
        (("", "a", ""), ("", "a=", ""), ("", "a@", "="), ("a=", " ", ""), ("", "a=b,", ""), ("", ",", "")),
    ),
    "fanin.engine.trace_context._XRAY_ROOT": (
        lambda text: TraceContext.of({}, text),
        (("", " ", ""), ("", ";", ""), ("", ";  ", ""), ("", "Root=1-", ""), (";Root=1-", "1", "")),
    ),
    "fanin.engine.trace_context._XRAY_SAMPLED": (
        lambda text: TraceContext.of({}, f"Root=1-{'1' * 8}-{'1' * 24};{text}"),
        (("", " ", ""), ("", "; ", ""), ("", "Sampled=1", "")),
    ),
    "fanin.contract.headers._TAG": (
        lambda text: matches(text, '"a"'),
        (("", '"', ""), ("", 'W/"', ""), ("", "W/", '"'), ('"', "a", ""), ("", '""', '"')),
    ),
    "fanin.observability.redact._PATTERNS": (
        redactor(),
        tuple(
            ("", piece, "@.corp password: authorization: eyJ=")
            for piece in (
                *("a", "=", ":", "@", ".", "?", "&", "'", "-", " ", "token", "://", "a.", "1.", "::", "eyJ", "&key"),
                *("cookie", "basic ", "bearer a", "secret'", "eyJaaaaaaaa.", "AKIA", "a.corp", "://a"),
                *("-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "fanin_", "fanin_abcdefghijkl_"),
            )
        ),
    ),
    "fanin.observability.redact._ADDRESS": (
        redactor(),
        (("", "1.1.1.1", ""), ("", "::", ""), ("", "a:", "."), ("", "1", ".")),
    ),
    "fanin.observability.redact._HARMLESS": (redactor(), (("", "a", ""), ("", "a", "\0"))),
    "fanin.observability.redact._NAMES_CREDENTIAL": (
        names_credential,
        (("", "api", ""), ("", "access_", ""), ("", "a", "")),
    ),
    "fanin.config.template.url._URL": (UrlTemplate.parse, (("", "a", " "), ("", "/", ""), ("https://a/", "%", " "))),
    "fanin.config.template.url._HOST": (
        UrlTemplate.parse,
        (("https://", "a", "!"), ("https://", "a.", "!"), ("https://", ".", "")),
    ),
    "fanin.config.template.text.PIECE": (
        UrlTemplate.parse,
        (
            *(
                ("https://a/", "{", ""),
                ("https://a/?", "{", ""),
                ("https://a/?", "{a", ""),
                ("https://a/?", "{a}", ""),
                ("https://a/?", "a{{", ""),
            ),
            *(("https://a/?", "a}}", ""), ("https://a/", "{a}/", "")),
        ),
    ),
    "fanin.config.template.url.parse": (UrlTemplate.parse, (("", "a", "/"), ("//", "a", ""), ("a", "//", "{"))),
    "fanin.engine.idempotency.idempotency_key": (idempotency_key, (('"', "\\\\", '"'), ('"', '\\"', '"'))),
    "fanin.config.units.seconds": (seconds, (("", "1", ""), ("", "1.", ""), ("1.", "1", "a"), ("", "1", "ms "))),
    "fanin.config.units.size": (size, (("", "1", ""), ("", "1", "k"), ("", "1", "kB "))),
}
"""The function of a text that uses an expression: all of it is held to the limit."""

STRINGS: tuple[Worst, ...] = (("", '"', ""), ('"', "\\", ""), ('"', '\\"', ""), ("", '"a', "\\"), ("", "a", '"'))
"""Texts of JSON's strings, none of them closed as it should be."""

METHODS: dict[str, tuple[str, tuple[Worst, ...]]] = {
    "fanin.cli.adding.shell._ESCAPE": ("search", (("", "\\", "u"), ("", "\\q", ""), ("", "a", ""))),
    "fanin.cli.adding.shell._PIECE": (
        "findall",
        (("", "'", ""), ("'", "a", ""), ('"', "\\", ""), ('"', '\\"', ""), ("", "$'\\'", ""), ("", '"$', "")),
    ),
    "fanin.config.answering._RANGE": ("fullmatch", (("", "4", ""), ("4", "x", "-"))),
    "fanin.config.expressions.expression._WORDS_OF_PLANS": (
        "fullmatch",
        (("errors.", "a", "!"), ("errors.", "a.", "!")),
    ),
    "fanin.config.items._PARAMETER": ("fullmatch", (("parameters.", "a", "!"), ("", "a", "!"))),
    "fanin.config.repairs._NAME": ("fullmatch", (("", "a", "!"),)),
    "fanin.config.template.statement._IN": ("search", (("in", " ", "a"), ("", "in ", "a"))),
    "fanin.config.template.statement._NAMES": (
        "search",
        (("join", " ", "a"), ("order", " ", "a"), ("order by", " ", "a"), ("", "from ", "a"), ("", "order by ", "a")),
    ),
    "fanin.config.template.statement._OTHER_PLACEHOLDER": (
        "search",
        ((":", "a", ""), ("%(", "a", "!"), ("", " %(a", ""), ("", " :", "")),
    ),
    "fanin.config.template.statement._TAKES_FROM": (
        "search",
        (("trim(", "a", "("), ("", "trim(", ""), ("trim", " ", "a"), ("", "trim (", "")),
    ),
    "fanin.config.lookalikes._COLON": ("fullmatch", ((":", "a", "!"), (":", "a", ""))),
    "fanin.config.repairs._IN_QUOTES": ("findall", (("", "'", ""), ("'", "a", ""), ("", "'a", ""))),
    "fanin.config.template.text._EACH_OF": ("match", (("", "a", ""), ("a[", "*", ""), ("a[].", "a", "!"))),
    "fanin.config.template.url._BARE_HOST": ("match", (("", "a", ""), ("", "a.", "!"), ("a.b:", "1", ""))),
    "fanin.config.template.url._SHELL": ("match", (("$", "a", ""), ("", "$", ""))),
    "fanin.config.units._AMOUNT": ("fullmatch", (("", " ", "!"), ("", "1", "."), ("1.", "1", "!"), ("1", "a", "!"))),
    "fanin.config.units._PART": (
        "findall",
        (("", "1", ""), ("", "1.", ""), ("1", " ", ""), ("", "1a", ""), ("1", "a", "")),
    ),
    "fanin.config.template.text._LATE_MARK": ("fullmatch", (("", "a", ""), ("", "a:", ""), ("a:", "a", "!"))),
    "fanin.config.unused._LIKE_REFERENCE": ("fullmatch", (("{", "a", "!"), ("{", "a.", "!"))),
    "fanin.callers.keys.form._KEY": (
        "fullmatch",
        (("fanin_", "a", ""), ("", "fanin_", ""), ("fanin_abcdefghijkl_", "a", "")),
    ),
    "fanin.callers.keys.record._SHA256": ("fullmatch", (("", "a", ""), ("", "a", "g"))),
    "fanin.callers.tickets._FORM": ("fullmatch", (("", "a", ""), ("", "a", "!"))),
    "fanin.config.callers.key_form._IN_TEXT": (
        "findall",
        (("", "fanin_", ""), ("", "fanin_abcdefghijkl_", ""), ("fanin_abcdefghijkl_", "a", ""), ("", "a", "")),
    ),
    "fanin.config.callers.keys._TABLE": ("fullmatch", (("", "a", " "),)),
    "fanin.credentials.secrets.redaction._LIKE_A_KEY": ("fullmatch", (("", "a", "/"),)),
    "fanin.config.answering._HTTP": ("fullmatch", (("", "1", ""), ("", "4xx", ""))),
    "fanin.config.answering._MEANT": ("fullmatch", (("", "2", ""), ("", "4xx", ""))),
    "fanin.aws.protocol._XML_CODE": ("search", (("", "<Code>", ""), ("<Code>", "a", ""), ("", "<Code>a", "</Code"))),
    "fanin.aws.protocol._XML_MESSAGE": (
        "search",
        (("", "<Message>", ""), ("<Message>", "a", ""), ("", "<Message>a", "")),
    ),
    "fanin.cli.findings._KEY": ("match", (("", "a", "="),)),
    "fanin.config.repairs._BARE": ("match", (("", "a", "]"), ("", " ", ""))),
    "fanin.config.template.text._INDEX": ("findall", (("", "[", ""), ("", "[1", ""), ("[", "1", ""))),
    "fanin.config.template.url._DOUBLED": (
        "search",
        (("", "{", ""), ("", "{{", ""), ("", "{{a", ""), ("{{", " ", ""), ("{{", "a", ""), ("{{a", " ", "}")),
    ),
    "fanin.config.variables._PAIR": ("fullmatch", (("", "a", ""), ("", "=", ""), ("a=", "\n", ""))),
    "fanin.config.variables._LONE_PERCENT": ("search", (("", "%41", ""), ("", "a", ""))),
    "fanin.config.mistake._NAME": ("fullmatch", (("", "a", "A"),)),
    "fanin.config.answering._DROP_STEP": ("fullmatch", (("", "a", "["), ("a", "[]", ""))),
    "fanin.config.path._PATH": ("fullmatch", (("/", "a", "?"), ("", "/a", "?"), ("", "/{a}", "{"), ("/{", "a", ""))),
    "fanin.config.path._ENCODED_SLASH": ("findall", (("", "%", ""), ("", "%2f", ""), ("", "a", ""))),
    "fanin.entrypoints.aws_lambda.event._IN_BRACES": ("findall", (("", "{", ""), ("", "{a", ""), ("{", "a", ""))),
    "fanin.config.path._PARAMETER": ("findall", (("", "{", ""), ("", "{a", ""), ("{", "a", ""))),
    "fanin.config.path.pattern_of": ("findall", (("", r"\{", ""), ("", r"\{a", ""), (r"\{", "a", ""))),
    "fanin.config.scalar._INTEGER": ("fullmatch", (("", "1", "a"),)),
    "fanin.config.scalar._LOOK_AROUND": ("search", (("", "(?", ""), ("", "(", ""), ("", "(?<", ""))),
    "fanin.config.scalar._NUMBER": ("fullmatch", (("", "1", "a"), ("1.", "1", "a"), ("1e", "1", "a"))),
    "fanin.config.parameters._WIRE_NAME": ("fullmatch", (("", "a", " "),)),
    "fanin.config.parameters._COOKIE_NAME": ("fullmatch", (("", "a", " "),)),
    "fanin.config.texts._BASE": ("match", (("{$", "a", ""), ("", "{$a", ""))),
    "fanin.config.template.whole_url._BEGINS": ("match", (("{", "a", ""), ("{", "a", "}"))),
    "fanin.config.template.whole_url._ENCODED": ("findall", (("", "a", ""), ("", " ", ""))),
    "fanin.config.template.whole_url._ONLY": ("fullmatch", (("{", "a", ""), ("{", "a", "}}"))),
    "fanin.config.template.url._LONE_PERCENT": ("findall", (("", "%", ""), ("", "%41", ""), ("", "a", ""))),
    "fanin.config.databases._HOST": ("fullmatch", (("", "a", "!"), ("[", "1", ""), ("", "a.", "!"))),
    "fanin.config.template.statement._AS_JSON": ("match", (("", " ", ""), ("::", " ", ""), ("as", " ", ""))),
    "fanin.config.template.statement._FIRST_WORD": ("match", (("", "a", ""),)),
    "fanin.config.template.statement._OPENS": (
        "search",
        (("", "$a", ""), ("$", "a", ""), ("", "-a", ""), ("", "a$a", ""), ("", " e", ""), ("", "$ ", "")),
    ),
    "fanin.config.template.statement._PLACEHOLDER": ("search", (("", "$", ""), ("", "a", ""))),
    "fanin.config.template.statement._SQLITE_PLACEHOLDER": ("search", (("", ":", ""), ("", "@", ""), ("", "a:", ""))),
    "fanin.config.template.statement._VARIABLE": ("search", (("", "{$", ""), ("{$", "a", ""), ("", "{$a", ""))),
    "fanin.config.template.statement._WORD": ("match", (("", "a", ""),)),
    "fanin.config.headers._HEADER_NAME": ("fullmatch", (("", "a", " "),)),
    "fanin.config.jobs._SECRET": ("fullmatch", (("{!", "a", ""),)),
    "fanin.config.reading._POSITION": (
        "search",
        (("", " (at line 1", ""), (" (at line ", "1", ""), ("", " (at line 1, column 1)", " ")),
    ),
    "fanin.config.locate._ASSIGNMENT": (
        "findall",
        (
            *(("", "a", ""), ("", "a.", ""), ("a", " ", "."), ("", "a . ", ""), ("", "{a", ""), ("", ",a", "")),
            *(("", ", ", ""), ("", ",", ""), ('"', "_", ""), ("", '{"_"', "")),
        ),
    ),
    "fanin.config.locate.__init__": ("findall", (("", "\n", ""), ("", "a", ""))),
    "fanin.config.locate._HEADER": ("match", (("", " ", ""), ("[", "a", ""), ("[a]", " ", "a"), ("[", "a.", ""))),
    "fanin.config.locate._mask": ("findall", (("", "a", ""), ("", "\n", ""))),
    "fanin.config.locate._split": ("findall", (("", "a.", ""), ("", '"a".', ""), ("", "a", '"'), ("", " ", ""))),
    "fanin.config.locate._KEYS": ("match", (("", "a.", ""), ("a", " ", ""), ("", "a . ", ""), ('"', "a", ""))),
    # It only reads what TOML's parser has taken: there, each quote has its partner.
    "fanin.config.locate._STRINGS_AND_COMMENTS": (
        "findall",
        (
            *(('"', "\\\\", '"'), ('"', '\\"', '"'), ("", '"",', ""), ('"""', '""a', '"""'), ('"""', '\\"', '"""')),
            *(("'''", "''a", "'''"), ("#", '"', ""), ("", "# '\n", ""), ("", "''", ""), ("'", "\\", "'")),
        ),
    ),
    "fanin.config.graphql_document._TOKEN": (
        "findall",
        (
            *(("", '"', ""), ("", '"a', ""), ('"""', "a", ""), ('"""', '\\"""', ""), ("", '"""', '"'), ("", "\\", '"')),
            *(
                ("", "#", ""),
                ("", "#\n", ""),
                ("", "a", ""),
                ("", "$", ""),
                ("", "$a", ""),
                ('"', '\\"', ""),
                ("", '"\n', ""),
                ('"""', '""\\', ""),
            ),
        ),
    ),
    "fanin.config.template.escapes._BEHIND_BACKSLASH": ("findall", (("", "a", ""), ("", "'", ""))),
    "fanin.config.template.escapes._CONTROL": ("search", (("", "a", ""),)),
    "fanin.config.template.escapes._LUCENE": ("findall", (("", "a", ""), ("", "+", ""))),
    "fanin.config.template.escapes._SURROGATE": ("search", (("", "a", ""),)),
    "fanin.config.template.reference._REFERENCE": (
        "fullmatch",
        (
            *(("", "a", "A"), ("a.", "a", "!"), ("a", ".a", "!"), ("a?:", "a", "!"), ("a", "?", "")),
            *(('a."', "b", ""), ("a", '."b"', "!"), ("a", '."', "")),
        ),
    ),
    "fanin.config.template.reference._BARE": ("fullmatch", (("", "a", "!"),)),
    "fanin.config.template.reference._STEP": ("findall", (("", ".a", ""), ("", '."', ""), ('."', "a", ""))),
    "fanin.config.template.reference._UNQUOTED": (
        "fullmatch",
        (("a.", "b", " "), ("a.", "/", " "), ("", "a", "")),
    ),
    "fanin.config.template.reference._SECRET": ("fullmatch", (("!", "a", "A"),)),
    "fanin.config.template.text._VARIABLE": (
        "findall",
        (("", "{$", ""), ("{$", "a", ""), ("", "{$a", ""), ("", "{{", "{")),
    ),
    "fanin.config.template.xml._NO_CHARACTER": ("search", (("", "a", ""),)),
    "fanin.config.template.xml._TO_ESCAPE": ("findall", (("", "a", ""), ("", "&", ""))),
    "fanin.engine.footprint._STRING": ("findall", STRINGS),
    "fanin.engine.footprint._SOME_STRINGS": ("findall", STRINGS),
    "fanin.entrypoints.aws_lambda.event._METHOD": ("fullmatch", (("", "A", ""),)),
    "fanin.entrypoints.aws_lambda.event._REQUEST_ID": ("fullmatch", (("", "a", ""),)),
    "fanin.jobs.service._ID": ("fullmatch", (("", "a", ""),)),
    "fanin.engine.idempotency._BARE": ("fullmatch", (("", "a", '"'),)),
    "fanin.credentials.secrets.places._PLACE": (
        "fullmatch",
        (("ssm:/", "a", ""), ("ssm:/", "a/", "a"), ("secretsmanager:", "a", "!")),
    ),
    "fanin.engine.shape._without": ("findall", (("", "[]", "a"), ("", "[", ""))),
    "fanin.sources.decoders.charset._DECLARED": (
        "search",
        (("", "encoding", ""), ("encoding", " ", ""), ("", "encoding= ", ""), ("encoding='", "a", "")),
    ),
    "fanin.sources.decoders.csv._QUOTED": (
        "findall",
        (
            ("", '"', ""),
            ("", '"a', ""),
            ('"', "a", ""),
            ("", "a", '"'),
            ("", ',"', ""),
            ("", ',"a', ""),
            ("", '"",', ""),
        ),
    ),
    "fanin.sources.links._ESCAPED": ("findall", (("", "\\\\", ""), ("", "\\", ""), ("", "a", ""))),
    "fanin.sources.sql.postgresql.values._MOMENT": (
        "fullmatch",
        (("2026-01-01 ", "1", "a"), ("2026-01-01 ", "1:", "+01"), ("2026-01-01 ", ".", "+00a")),
    ),
    "fanin.sources.sql.failures._PARAMETER": (
        "search",
        (
            ("", "portal ", ""),
            ("", 'portal "', ""),
            ('portal "', "a", ""),
            ("", "query argument $", ""),
            ("", "$1", ""),
        ),
    ),
    "fanin.sources.http.answer._LENGTH": ("fullmatch", (("", "1", ""),)),
    "fanin.sources.http.chunks._BEGINNING": ("match", (("", "1", ""),)),
    "fanin.sources.http.chunks._SIZE": (
        "match",
        (
            *(
                ("", "1", ""),
                ("1", " ", ""),
                ("1;", "a", "\n"),
                ("1", ";a", ""),
                ("1", "; a = b ", ""),
                ("1;a", " ", ""),
            ),
            *(('1;a="', "b", ""), ('1;a="', '\\"', ""), ("1", ';a="b"', "\n")),
        ),
    ),
    # It only reads sections that _SECTION has taken.
    "fanin.sources.http.head._FIELD": ("findall", (("", "a", ":\r\n"), ("", "a:\r\n", ""), ("a:", "b", "\r\n"))),
    "fanin.sources.http.head._SECTION": ("match", (("", "a", ""), ("a:", "b", ""), ("", "a:b\r\n", "a"))),
    "fanin.sources.http.head._STATUS_LINE": ("match", (("HTTP/1.1 200 ", "a", ""), ("HTTP/1.1 200 ", " ", "\n"))),
    "fanin.sources.http.head._STRAY": ("search", (("", "a", ""), ("", "\r\n", ""), ("", "\t", ""))),
    "fanin.sources.http.request._NOT_IN_TARGET": ("findall", (("", "%", ""), ("", "%41", ""), ("", "a", " "))),
    "fanin.sources.http.request._NUMBERS": ("fullmatch", (("", "1", "a"), ("", "1.", "a"), ("0x", "a", "g"))),
    "fanin.sources.http.request._OCTAL": ("search", (("", ".", ""), ("", ".0", ""), ("", "1", ""))),
    "fanin.sources.http.request._TARGET": ("fullmatch", (("", "a", " "),)),
    "fanin.sources.http.request._TOKEN": ("fullmatch", (("", "a", " "),)),
    "fanin.sources.http.request._URL": (
        "fullmatch",
        (("http://", "a", "!"), ("http://a/", "a", "\n"), ("http://a/", "?", "\n"), ("http://a:", "1", "")),
    ),
    "fanin.sources.http.request._VALUE": ("fullmatch", (("", "a", "\n"),)),
}
"""How an expression is used, where that is inside of something larger."""


def text_of(worst: Worst) -> str:
    """Write a worst case out."""
    before, piece, after = worst
    return before + piece * (LENGTH // len(piece)) + after


@cache
def expressions() -> tuple[tuple[str, Expression], ...]:
    """Give every expression of the package, by its own name, or its function's where it is written in its use."""
    return tuple(_expressions())


def _expressions() -> Iterator[tuple[str, Expression]]:
    for found in pkgutil.walk_packages(fanin.__path__, "fanin."):
        if found.name.endswith("__main__") or found.name.startswith("fanin.local."):
            continue  # the commands of this machine read what their own programs print
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            yield from ((f"{found.name}.{name}", pattern) for pattern in _held(value))
        yield from ((f"{found.name}.{name}", pattern) for name, pattern in _written_in_use(module))


def _held(value: object) -> Iterator[Expression]:
    match value:
        case re.Pattern():
            yield value
        case LatePattern():
            yield value.compiled
        case list() | tuple():
            for item in value:
                yield from _held(item)
        case dict():
            yield from _held(list(value.values()))


def _written_in_use(module: ModuleType) -> Iterator[tuple[str, Expression]]:
    """Find `re.fullmatch(r"…", text)` and the like."""
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=use), args=[first, *_]):
                        if use != "escape":
                            yield function.name, re.compile(_text(first, module))


def _text(node: ast.expr, module: ModuleType) -> str:
    """Give an expression's text; empty where it is put together while the program runs."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return str(vars(module)[name])
    return ""


def test_no_expression_is_forgotten() -> None:
    """A new one needs its worst case here."""
    assert {name for name, _ in expressions()} == {*FUNCTIONS, *METHODS, *HARMLESS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_a_text_takes_time_in_proportion_to_it(name: str) -> None:
    """Whether it takes the text or refuses it."""
    function, worst_cases = FUNCTIONS[name]
    for worst in worst_cases:
        text = text_of(worst)
        with processor_time(), suppress(FaninError, Mistake, ValueError):
            function(text)


@pytest.mark.parametrize("name", METHODS)
def test_an_expression_takes_time_in_proportion_to_the_text(name: str) -> None:
    """Used as its module uses it."""
    method, worst_cases = METHODS[name]
    for pattern in [pattern for held, pattern in expressions() if held == name]:
        for worst in worst_cases:
            text = text_of(worst)
            with processor_time():
                getattr(pattern, method)(text if isinstance(pattern.pattern, str) else text.encode())
