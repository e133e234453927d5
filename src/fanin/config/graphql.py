"""GraphQL as a source asks it: a query, taken as it is, and its variables (GraphQL over HTTP)."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Self

from pydantic import field_validator, model_validator

from fanin.config.graphql_document import bare_references, lacks_a_bracket, operations_in, texts_in, variables_in
from fanin.config.mistake import Mistake, nearest, shortened
from fanin.config.table import Table
from fanin.config.template import BodyTemplate, Reference, Template
from fanin.config.texts import Body


class GraphQL(Table):
    """A GraphQL query, sent with POST; the answer is its `data`."""

    query: str
    """The query, taken as it is: its braces are GraphQL's, and it holds no references."""
    variables: Body | None = None
    """The values of the query's variables, by their names; texts may hold references."""

    @field_validator("query")
    @classmethod
    def _one_operation(cls, query: str) -> str:
        if lacks_a_bracket(query):
            raise Mistake("bad-graphql", "a bracket of the query has no partner", "Close each bracket that is opened")
        operations = operations_in(query)
        if len(operations) != 1:
            found = "no operation" if not operations else "several operations"
            raise Mistake("bad-graphql", f"the query has {found}", "Write one query or one mutation")
        if operations[0] == "subscription":
            raise Mistake("bad-graphql", "a subscription has no single answer", "Write a query or a mutation")
        for reference in (*_quoted_references(query), *bare_references(query)):
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
        known, used = variables_in(self.query)
        given = self.variables.tree if self.variables and isinstance(self.variables.tree, dict) else {}
        for name in used:
            if name not in known:
                fix = nearest(name, known) if known else f"Declare it: query (${shortened(name)}: ID!) {{ … }}"
                raise Mistake(
                    "bad-graphql", f"the query uses ${shortened(name)} and does not declare it", fix, f"${name}"
                )
        for name in given:
            if name not in known:
                fix = nearest(name, known) if known else f"Write ${shortened(name)} in the query, or remove it"
                raise Mistake("bad-graphql", f"the query has no variable ${shortened(name)}", fix, name)
        for name, needed in known.items():
            if needed and name not in given:
                fix = f'Add variables = {{ {shortened(name)} = "…" }}, or give it a default in the query'
                raise Mistake("bad-graphql", f"the query needs a value for ${shortened(name)}", fix, f"${name}")
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
    for text in texts_in(document):
        if text.startswith('"{'):
            with suppress(Mistake):
                pieces = Template.parse(text.strip('"')).pieces
                if len(pieces) == 1 and not isinstance(pieces[0], str):
                    yield pieces[0]
