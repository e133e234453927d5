"""The options of curl: a command line read into what it says, without a look at what it means for fanin."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from fanin.cli.adding.openapi import line
from fanin.cli.adding.shell import words
from fanin.local.process.console import Problem


@dataclass(slots=True)
class Command:
    """What a command line says, option by option."""

    url: str = ""
    method: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    user: str = ""
    bearer: str = ""
    json: bool = False
    get: bool = False
    head: bool = False
    follows: bool = False
    seconds: str = ""
    left_out: list[str] = field(default_factory=list)


type _Take = Callable[[Command, str], None]


def _set(name: str) -> _Take:
    return lambda command, value: setattr(command, name, value)


def _flag(name: str) -> _Take:
    return lambda command, _: setattr(command, name, True)


def _header(command: Command, value: str) -> None:
    name, colon, text = value.partition(":")
    if value.startswith("@"):
        raise Problem("curl reads headers from a file there. Write them into the command.")
    if colon:
        command.headers.append((name.strip(), text.strip()))


def _data(command: Command, value: str) -> None:
    if value.startswith("@"):
        raise Problem(f"curl reads a file there, {value[:40]!r}. Write what it has into the command.")
    command.data.append(value)


def _encoded_data(command: Command, value: str) -> None:
    name, equals, text = value.partition("=")
    if "@" in name:
        raise Problem(f"curl reads a file there, {value[:40]!r}. Write what it has into the command.")
    encoded = quote(text if equals else name, safe="")
    command.data.append(f"{name}={encoded}" if equals and name else encoded)


def _json(command: Command, value: str) -> None:
    _data(command, value)
    command.json = True


def _named_header(name: str) -> _Take:
    return lambda command, value: command.headers.append((name, value))


def _cookie(command: Command, value: str) -> None:
    if "=" not in value:
        raise Problem("curl reads cookies from a file there. Write them into the command: -b 'name=value'.")
    command.headers.append(("Cookie", value))


_WITH_VALUE: Final[dict[str, _Take]] = {
    "request": _set("method"),
    "url": _set("url"),
    "header": _header,
    "data": _data,
    "data-raw": lambda command, value: command.data.append(value),
    "data-binary": _data,
    "data-ascii": _data,
    "data-urlencode": _encoded_data,
    "json": _json,
    "user": _set("user"),
    "oauth2-bearer": _set("bearer"),
    "user-agent": _named_header("User-Agent"),
    "referer": _named_header("Referer"),
    "cookie": _cookie,
    "max-time": _set("seconds"),
}
_WITHOUT_VALUE: Final[dict[str, _Take]] = {
    "get": _flag("get"),
    "head": _flag("head"),
    "location": _flag("follows"),
}
_NAMED: Final = {
    "form": "a body of multipart/form-data",
    "upload-file": "a file",
    "form-string": "a body of multipart/form-data",
}
"""Options without which the request is another one, and that no source has."""
_OF_NO_MATTER = frozenset(
    (
        *(
            "silent",
            "show-error",
            "verbose",
            "include",
            "fail",
            "fail-with-body",
            "compressed",
            "progress-bar",
            "globoff",
        ),
        *(
            "http1.1",
            "http2",
            "http1.0",
            "http3",
            "no-buffer",
            "no-progress-meter",
            "ipv4",
            "ipv6",
            "path-as-is",
            "basic",
        ),
        *("remote-name", "tlsv1.2", "tlsv1.3", "no-keepalive", "tcp-nodelay", "create-dirs", "remote-header-name"),
    )
)
"""Options that say how curl goes about it."""
_OF_NO_MATTER_WITH_VALUE = frozenset(
    (
        *("output", "connect-timeout", "write-out", "dump-header", "cookie-jar", "trace", "trace-ascii", "stderr"),
        *("limit-rate", "speed-limit", "speed-time", "keepalive-time"),
    )
)
_LEFT_OUT: Final = {
    "insecure": "-k: fanin checks every certificate; see tls",
    "proxy-insecure": "--proxy-insecure",
    "location-trusted": "--location-trusted: no other origin gets the credentials",
    "compressed-ssh": "--compressed-ssh",
}
_LEFT_OUT_WITH_VALUE: Final = {
    "proxy": "-x: fanin uses no proxy",
    "noproxy": "--noproxy",
    "cacert": "--cacert: see tls",
    "cert": "-E: see tls",
    "key": "--key: see tls",
    "resolve": "--resolve",
    "retry": "--retry: see retry",
    "retry-delay": "--retry-delay: see retry",
    "retry-max-time": "--retry-max-time: see retry",
    "max-redirs": "--max-redirs: see redirects",
    "interface": "--interface",
    "aws-sigv4": "--aws-sigv4: see auth",
    "max-filesize": "--max-filesize: see max_bytes",
}
_SHORT: Final = {
    "X": "request",
    "H": "header",
    "d": "data",
    "u": "user",
    "A": "user-agent",
    "e": "referer",
    "b": "cookie",
    "m": "max-time",
    "G": "get",
    "I": "head",
    "L": "location",
    "F": "form",
    "T": "upload-file",
    "s": "silent",
    "S": "show-error",
    "v": "verbose",
    "i": "include",
    "f": "fail",
    "#": "progress-bar",
    "g": "globoff",
    "k": "insecure",
    "o": "output",
    "O": "remote-name",
    "w": "write-out",
    "D": "dump-header",
    "c": "cookie-jar",
    "x": "proxy",
    "E": "cert",
    "N": "no-buffer",
    "4": "ipv4",
    "6": "ipv6",
    "0": "http1.0",
    "J": "remote-header-name",
}


def read(text: str) -> Command:
    """Read the options.

    Raises:
        Problem: it cannot be read, or has an option that is not known or that no source has.
    """
    command = Command()
    rest = iter(words(text)[1:])
    for word in rest:
        if word.startswith("-") and word != "-":
            for name, value in _options(word, rest):
                _take(command, name, value)
        elif command.url:
            raise Problem(f"the command has two URLs, {line(command.url, 60)!r} and {line(word, 60)!r}. Keep one.")
        else:
            command.url = word
    if not command.url:
        raise Problem("the command has no URL.")
    return command


def _options(word: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Give the options in a word by their long names, with what stands behind those that have a value."""
    if word.startswith("--"):
        yield word[2:], next(rest, "") if _has_value(word[2:]) else ""
        return
    for position, letter in enumerate(word[1:], 1):
        name = _SHORT.get(letter)
        if name is None:
            raise _unknown(f"-{letter}")
        if _has_value(name):
            yield name, word[position + 1 :] or next(rest, "")
            return
        yield name, ""


def _has_value(name: str) -> bool:
    return name in _WITH_VALUE or name in _OF_NO_MATTER_WITH_VALUE or name in _LEFT_OUT_WITH_VALUE or name in _NAMED


def _take(command: Command, name: str, value: str) -> None:
    if take := _WITH_VALUE.get(name) or _WITHOUT_VALUE.get(name):
        take(command, value)
    elif name in _NAMED:
        raise Problem(f"the command sends {_NAMED[name]}, and a source sends JSON, forms and XML.")
    elif what := _LEFT_OUT.get(name) or _LEFT_OUT_WITH_VALUE.get(name):
        command.left_out.append(what)
    elif name not in _OF_NO_MATTER and name not in _OF_NO_MATTER_WITH_VALUE:
        raise _unknown(f"--{name}")


def _unknown(option: str) -> Problem:
    return Problem(
        f"the option {line(option, 40)!r} of curl is not known here. Leave it out, if the request is the same."
    )
