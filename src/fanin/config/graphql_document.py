"""What a GraphQL document says, as far as a source has to know it (the GraphQL specification, section 2)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from fanin.config.late_pattern import LatePattern

type Operation = Literal["query", "mutation", "subscription"]

_TOKEN = LatePattern(
    r'"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:"""|\Z)|"(?:[^"\\\n]++|\\.)*+(?:"|\n|\Z)|#[^\n]*+|\$?[A-Za-z_][A-Za-z0-9_]*+|[{}()\[\]:!=]'
)
"""A text, a comment, a name, a variable, or a sign; what lies between them says nothing here."""
_OPERATIONS = frozenset(("query", "mutation", "subscription"))
_PARTNERS = {"}": "{", ")": "(", "]": "["}


class Variables(NamedTuple):
    """The variables of a document.

    Args:
        declared: those that its operations declare, and whether each has to be given: its type ends in `!`, and it has
            no default.
        used: those that stand anywhere else.
    """

    declared: dict[str, bool]
    used: dict[str, None]


def texts_in(document: str) -> Iterator[str]:
    """Give the texts of a document, with their quotes."""
    return (token for token in _tokens(document) if token.startswith('"'))


def operations_in(document: str) -> list[Operation]:
    """Give the kinds of a document's operations, in their order; a query may be written without its word."""
    operations: list[Operation] = []
    depth, named = 0, False
    for word in _tokens(document):
        if word in ("{", "(", "["):
            if depth == 0 and word == "{":
                if not named:
                    operations.append("query")
                named = False
            depth += 1
        elif word in ("}", ")", "]"):
            depth -= 1
        elif depth == 0 and not named and (word in _OPERATIONS or word == "fragment"):
            named = True
            if word != "fragment":
                operations.append(word)  # type: ignore[arg-type]
    return operations


def variables_in(document: str) -> Variables:
    """Give what the operations of a document declare, and what it uses."""
    found = Variables({}, {})
    depth, declares, name, has_default = 0, False, "", False
    for word, following in pairwise([*_tokens(document), ""]):
        if word in ("{", "(", "["):
            declares = declares or (depth == 0 and word == "(")
            depth += 1
        elif word in ("}", ")", "]"):
            depth -= 1
            declares = declares and depth > 0
        elif word.startswith("$"):
            if declares and depth == 1 and following == ":":
                name, has_default = word[1:], False
                found.declared.setdefault(name, False)
            else:
                found.used[word[1:]] = None
        if declares and depth == 1 and name:
            has_default = has_default or word == "="
            if word in ("!", "="):
                found.declared[name] = word == "!" and not has_default
    return found


def lacks_a_bracket(document: str) -> bool:
    """Whether a bracket has no partner."""
    opened: list[str] = []
    for word in _tokens(document):
        if word in ("{", "(", "["):
            opened.append(word)
        elif word in _PARTNERS and (not opened or opened.pop() != _PARTNERS[word]):
            return True
    return bool(opened)


def bare_references(document: str) -> Iterator[str]:
    """Find names in braces where a value belongs: GraphQL's objects have a colon behind each name."""
    words = [(match[0], match.start(), match.end()) for match in _TOKEN.compiled.finditer(document)]
    for (before, _, _), (opens, start, _), (name, _, _), (closes, _, end) in zip(
        words, words[1:], words[2:], words[3:], strict=False
    ):
        if (before, opens, closes) == (":", "{", "}") and name.isidentifier():
            yield document[start:end]


def _tokens(document: str) -> Iterator[str]:
    return (match[0] for match in _TOKEN.compiled.finditer(document))
