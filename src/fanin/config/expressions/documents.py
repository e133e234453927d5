"""What expressions are evaluated on, and the members of each document."""

from typing import Literal

type Document = Literal["plan", "body", "response"]
"""What an expression is evaluated on: what a request has so far, an answer's body, or an answer with its headers."""

ERRORS = "errors"
"""The member of the plan document that holds the problems of sources."""
PARAMETERS = "parameters"
"""The member of the plan document that holds the request's parameters."""
PLAN = frozenset({"caller", ERRORS, "input", PARAMETERS})
"""The members of the plan document beside sources."""
OF_CLIENT = frozenset({"input", PARAMETERS})
"""Those of them that the client sends."""
RESPONSE = ("status", "headers", "links", "body")
"""The members of the response document."""
