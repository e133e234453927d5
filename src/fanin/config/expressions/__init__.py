"""The expressions of fanin.toml: JMESPath (https://jmespath.org), with functions of fanin's own.

The library jmespath reads them and has their functions. fanin evaluates them itself, within bounds: 107 characters of
plain JMESPath can make 262,144 values of one, and 145 characters 10,000,000.
"""

from fanin.config.expressions.bounds import ExpressionError, ExpressionTooLarge
from fanin.config.expressions.expression import ERRORS, PARAMETERS, Expression, compile_expression

__all__ = ["ERRORS", "PARAMETERS", "Expression", "ExpressionError", "ExpressionTooLarge", "compile_expression"]
