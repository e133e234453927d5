"""The expressions of fanin.toml: JMESPath (https://jmespath.org), with functions of fanin's own.

The library jmespath reads them and has their functions. fanin evaluates them itself, within bounds: 107 characters of
plain JMESPath can make 262,144 values of one, and 145 characters 10,000,000.
"""

from typing import TYPE_CHECKING, Any

from fanin.config.expressions.bounds import ExpressionError, ExpressionTooLarge
from fanin.config.expressions.documents import ERRORS, PARAMETERS

if TYPE_CHECKING:
    from fanin.config.expressions.expression import Expression, compile_expression

__all__ = ["ERRORS", "PARAMETERS", "Expression", "ExpressionError", "ExpressionTooLarge", "compile_expression"]


def __getattr__(name: str) -> Any:
    """Import what compiles and evaluates expressions when it is asked for: many files have none."""
    if name not in ("Expression", "compile_expression"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fanin.config.expressions import expression  # noqa: PLC0415 - no part of the cold start of other files

    return getattr(expression, name)
