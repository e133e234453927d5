"""What is to be added to fanin.toml: a source, what its endpoint takes, and the API that it is of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from fanin.config.mistake import name_like
from fanin.config.template import RESERVED

_LONGEST_NAME = 60

type Table = dict[str, Any]


@dataclass(slots=True)
class Taken:
    """A parameter of the endpoint.

    Args:
        declared: its table in fanin.toml.
        by_default: whether the source refers to it; what it can do without stands in a comment.
        in_path: its name in the path that the API documents; empty for one elsewhere.
    """

    declared: Table
    by_default: bool = True
    in_path: str = ""


@dataclass(slots=True)
class Api:
    """The API that sources are of.

    Args:
        url: where it is, without a query.
        name: what its upstream is called, if nothing else is said.
        about: what it is, in a line.
    """

    url: str
    name: str
    about: str


@dataclass(slots=True)
class Draft:
    """A source and its endpoint, before they have a place.

    Args:
        name: what both are called, if nothing else is said.
        about: what the source is, in a line.
        url: of the source: path and query, with references.
        method: of both.
        source: other keys of the source.
        auth: the credentials that its API needs; None for none.
        optional: pairs of the query, and headers, that it can do without.
        parameters: those of the endpoint, by name.
        path: the endpoint's, if it can be the API's.
        input: JSON Schema of the client's body.
        status: of the endpoint's answer.
        passes: whether the answer is passed through as bytes.
        expect: JSON Schema of the value.
        left_out: what fanin.toml does not say of it, in words.
        secrets: names of the secrets that it refers to, each with what it is.
        origin: scheme, host and port, if it has no upstream.
        api: what its API is called, if it has no upstream.
    """

    name: str
    about: str
    url: str
    method: str = "GET"
    source: Table = field(default_factory=dict)
    auth: Table | None = None
    optional: list[str] = field(default_factory=list)
    parameters: dict[str, Taken] = field(default_factory=dict)
    path: str = ""
    input: Table | None = None
    status: int = 200
    passes: bool = False
    expect: Table | None = None
    left_out: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    api: str = ""

    def rename_secret(self, old: str, new: str) -> None:
        """Call a secret by another name, wherever the draft refers to it."""

        def renamed(value: Any) -> Any:
            match value:
                case str():
                    return value.replace(f"{{!{old}}}", f"{{!{new}}}")
                case dict():
                    return {key: renamed(each) for key, each in value.items()}
                case list():
                    return [renamed(each) for each in value]
            return value

        self.url, self.source, self.auth = renamed(self.url), renamed(self.source), renamed(self.auth)
        self.secrets = {new if name == old else name: what for name, what in self.secrets.items()}


def name_of(text: str, taken: Iterable[str] = (), otherwise: str = "x") -> str:
    """Give a name of fanin.toml that is like a text.

    Args:
        text: what a document calls it.
        taken: names that it may not have.
        otherwise: for a text without letters.
    """
    plain = name_like(text[:100])[:_LONGEST_NAME].rstrip("_") or otherwise
    plain = f"{plain}_" if plain in RESERVED else plain
    names, name, number = set(taken), plain, 1
    while name in names:
        number += 1
        name = f"{plain}_{number}"
    return name


def api_name(host: str, title: str) -> str:
    """Name an API by its host, such as `github` by `api.github.com`, or else by its title."""
    words = [word for word in host.split(".") if word not in ("api", "www", "rest", "public", "sandbox")]
    named = words[-2] if len(words) > 1 and not words[-1].isdecimal() else ""
    return name_of(named or title, otherwise="api")


def in_clear(schema: Mapping[str, Any] | None) -> bool:
    """Whether a schema is short enough, and TOML can write it, to stand in fanin.toml itself."""
    return schema is not None and len(repr(schema)) < 400 and _writable(schema)


def _writable(value: Any) -> bool:
    match value:
        case None:
            return False
        case dict():
            return all(_writable(each) for each in value.values())
        case list():
            return all(_writable(each) for each in value)
        case int():
            return -(2**63) <= value < 2**63
    return True


def is_private(url: str) -> bool:
    """Whether a URL names an address that is neither public nor this machine's."""
    try:
        address = ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return not address.is_global and not address.is_loopback
