"""GraphQL as a source asks it: a query, taken as it is, and its variables (GraphQL over HTTP)."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from itertools import takewhile
from typing import Literal, Self

from pydantic import field_validator, model_validator

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, nearest, shortened
from fanin.config.table import Table
from fanin.config.template import BodyTemplate, Reference, Template
from fanin.config.texts import Body

_TOKEN = LatePattern(
    r'"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:"""|\Z)|"(?:[^"\\\n]++|\\.)*+(?:"|\n|\Z)|#[^\n]*+|[A-Za-z_][A-Za-z0-9_]*+|[{}()\[\]]'
)
"""A text, a comment, a name, or a bracket; what lies between them says nothing here."""
_OPERATIONS = frozenset(("query", "mutation", "subscription"))


class GraphQL(Table):
    """A GraphQL query, sent with POST; the answer is its `data`."""

    query: str
    """The query, taken as it is: its braces are GraphQL's, and it holds no references."""
    variables: Body | None = None
    """The values of the query's variables, by their names; texts may hold references."""

    @field_validator("query")
    @classmethod
    def _one_operation(cls, query: str) -> str:
        operations = operations_in(query)
        if len(operations) != 1:
            found = "no operation" if not operations else "several operations"
            raise Mistake("bad-graphql", f"the query has {found}", "Write one query or one mutation")
        if operations[0] == "subscription":
            raise Mistake("bad-graphql", "a subscription has no single answer", "Write a query or a mutation")
        for reference in _quoted_references(query):
            message = f"the query is sent as it is, so that {reference} stands for nothing in it"
            fix = f'Write a variable, such as $it, for the text, and variables = {{ it = "{reference}" }}'
            raise Mistake("bad-graphql", message, fix, str(reference))
        return query

    @field_validator("variables")
    @classmethod
    def _by_their_names(cls, variables: BodyTemplate | None) -> BodyTemplate | None:
        if variables is not None and not isinstance(variables.tree, dict):
            raise Mistake("bad-graphql", "variables are no table", "Write { name = value }")
        return variables

    @model_validator(mode="after")
    def _has_its_variables(self) -> Self:
        known = variables_in(self.query)
        for name in self.variables.tree if self.variables and isinstance(self.variables.tree, dict) else ():
            if name not in known:
                fix = nearest(name, known) if known else f"Write ${shortened(name)} in the query, or remove it"
                raise Mistake("bad-graphql", f"the query has no variable ${shortened(name)}", fix, name)
        return self

    @cached_property
    def changes(self) -> bool:
        """Whether it is a mutation."""
        return operations_in(self.query) == ["mutation"]

    @cached_property
    def body(self) -> BodyTemplate:
        """What is sent."""
        query = Template((self.query,))
        if self.variables is None:
            return BodyTemplate({"query": query})
        return BodyTemplate({"query": query, "variables": self.variables.tree})


def _quoted_references(document: str) -> Iterator[Reference]:
    """Find texts that are one reference of fanin.toml, which only the file's own texts can hold."""
    for found in _TOKEN.compiled.finditer(document):
        if found[0].startswith('"{'):
            with suppress(Mistake):
                pieces = Template.parse(found[0].strip('"')).pieces
                if len(pieces) == 1 and not isinstance(pieces[0], str):
                    yield pieces[0]


def variables_in(document: str) -> frozenset[str]:
    """Give the names that stand behind a dollar sign, those of texts and comments included."""
    behind = document.split("$")[1:]
    return frozenset("".join(takewhile(lambda sign: sign.isalnum() or sign == "_", part)) for part in behind)


def operations_in(document: str) -> list[Literal["query", "mutation", "subscription"]]:
    """Give the kinds of a document's operations, in their order; a query may be written without its word."""
    operations: list[Literal["query", "mutation", "subscription"]] = []
    depth, named = 0, False
    for found in _TOKEN.compiled.finditer(document):
        word = found[0]
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
