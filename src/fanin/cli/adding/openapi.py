"""An OpenAPI 3 document: its operations, and what its references stand for. Nothing outside of it is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fanin.config.mistake import shortened
from fanin.config.values import Json
from fanin.local.process.console import Problem

METHODS = ("get", "head", "post", "put", "patch", "delete")
"""Of a path's operations those that a source can have."""
_MOST_STEPS = 32
"""References one after another, and parts of one."""
_MOST_SHOWN = 10
"""Operations that a message names."""

type Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Args:
        method: in capitals.
        path: as the document has it, such as `/shops/{shopId}`.
        item: the path's own table, with parameters and servers for all of its methods.
        node: the operation itself.
    """

    method: str
    path: str
    item: Node
    node: Node

    @property
    def route(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[Any]:
        """Those of the path, and its own, which replace them; references among them."""
        return [*items(self.item.get("parameters")), *items(self.node.get("parameters"))]

    @property
    def id(self) -> str:
        """Its `operationId`, or else method and path."""
        return text(self.node.get("operationId")) or self.route

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return line(self.node.get("summary")) or sentence(self.node.get("description"))


@dataclass(frozen=True, slots=True)
class Document:
    """A document, read.

    Args:
        root: the document.
        where: its file's name or its URL.
    """

    root: Node
    where: str

    def __post_init__(self) -> None:
        """Look at what it says it is.

        Raises:
            Problem: it is neither OpenAPI 3 nor Swagger 2, which `swagger` writes as it.
        """
        version = text(self.root.get("openapi"))
        if self.root.get("swagger") is not None:
            raise Problem(
                f"{self.where} is Swagger {line(self.root['swagger'])}, and fanin reads Swagger 2.0 and OpenAPI 3."
            )
        if not version.startswith("3."):
            raise Problem(f"{self.where} is no OpenAPI document: it has no openapi = 3.….")

    @property
    def title(self) -> str:
        """What the API is called, with its version."""
        info = table(self.root.get("info"))
        return " ".join(filter(None, (line(info.get("title")), line(info.get("version"))))) or "an API without a title"

    def operations(self) -> Iterator[Operation]:
        """Give all operations, in the order of the document."""
        for path, given in table(self.root.get("paths")).items():
            item = self.followed(given, lenient=True)
            for method in METHODS:
                if isinstance(node := item.get(method), dict) and path.startswith("/"):
                    yield Operation(method.upper(), path, item, node)

    def operation(self, name: str) -> Operation:
        """Find an operation by its `operationId`, or by method and path.

        Raises:
            Problem: there is none, or several have the name.
        """
        known = list(self.operations())
        found = [each for each in known if each.node.get("operationId") == name]
        method, _, path = name.partition(" ")
        found = found or [each for each in known if (each.method, each.path) == (method.upper(), path.strip())]
        if len(found) == 1:
            return found[0]
        if found:
            routes = ", ".join(repr(each.route) for each in found[:_MOST_SHOWN])
            raise Problem(f"several operations are called {name!r}. Write one of: {routes}.")
        wanted = name.lower()
        close = [each.id for each in known if wanted in each.id.lower() or each.id.lower() in wanted]
        some = ", ".join(map(shortened, (close or [each.id for each in known])[:_MOST_SHOWN])) or "it has none"
        raise Problem(f"{self.where} has no operation {shortened(name)!r}. Some that it has: {some}.")

    def followed(self, node: Json, *, lenient: bool = False) -> Node:
        """Give what a node stands for, if it is a reference, and the node itself if not.

        Args:
            node: what stands in the document.
            lenient: give an empty object for a reference that leads nowhere.

        Raises:
            Problem: a reference leads out of the document, nowhere, or in a circle.
        """
        current = table(node)
        for _ in range(_MOST_STEPS):
            reference = current.get("$ref")
            if not isinstance(reference, str):
                return current
            target = self.at(reference)
            if not isinstance(target, dict):
                if lenient:
                    return {}
                where = "leads to another file, which is not read" if reference[:1] != "#" else "leads nowhere"
                raise Problem(f"{self.where}: the reference {shortened(reference)!r} {where}.")
            current = target
        if lenient:
            return {}
        raise Problem(f"{self.where}: references lead in a circle at {shortened(str(current.get('$ref')))!r}.")

    def at(self, reference: str) -> Json:
        """Give what a reference within the document leads to (RFC 6901); None if it leads elsewhere or nowhere."""
        if not reference.startswith("#/") or reference.count("/") > _MOST_STEPS:
            return None
        node: Any = self.root
        for token in reference[2:].split("/"):
            key = unquote(token).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isascii() and key.isdecimal() and int(key[:9]) < len(node):
                node = node[int(key[:9])]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                return None
        return node  # type: ignore[no-any-return]


def table(node: Json) -> Node:
    """Give a node that is an object; an empty one in place of anything else."""
    return node if isinstance(node, dict) else {}


def items(node: Json) -> list[Any]:
    """Give a node that is a list; an empty one in place of anything else."""
    return node if isinstance(node, list) else []


def text(node: Json) -> str:
    """Give a node that is a text; an empty one in place of anything else."""
    return node if isinstance(node, str) else ""


def line(node: Json, most: int = 120) -> str:
    """Give the first line of what a document says, without characters that nobody sees, and not too long."""
    written = str(node) if isinstance(node, str | int | float) else ""
    first = next((each for each in written[: 10 * most].splitlines() if each.strip()), "")
    told = " ".join("".join(c if c.isprintable() else " " for c in first).split())
    return told if len(told) <= most else f"{told[: most - 1].rstrip()}…"


def sentence(node: Json, most: int = 120) -> str:
    """Give the first sentence of what a document says, likewise."""
    told = line(node, 10 * most)
    first = told.partition(". ")[0]
    return line(first if first == told else f"{first}.", most)


def content_of(document: Document, node: Node) -> Mapping[str, Node]:
    """Give the media types of a body or an answer, in lower case and without their parameters."""
    content = table(node.get("content"))
    return {
        kind.partition(";")[0].strip().lower(): document.followed(each, lenient=True) for kind, each in content.items()
    }
