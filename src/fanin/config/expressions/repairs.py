"""What to write in place of what is no JMESPath, or reads a name that is not there."""

from collections.abc import Collection
from string import ascii_letters, digits

from jmespath.exceptions import IncompleteExpressionError, JMESPathError, LexerError, ParseError

from fanin.config.expressions.functions import FUNCTIONS
from fanin.config.mistake import nearest, shortened
from fanin.config.template.reference import BODY

LANGUAGE = "The language: https://jmespath.org"

_WORDS = {"and": "&&", "or": "||", "not": "!"}
_LITERALS = frozenset(("null", "true", "false"))
_ARITHMETIC = "There is no arithmetic: take a function, such as sum([a, b]), or have your clients compute it"
_MARKS = {
    "=": "Write == to compare",
    "?": "Write condition && value || other",
    "$": "Leave $ out: an expression begins with a name",
    **dict.fromkeys("+/%", _ARITHMETIC),
}
"""For a character that begins nothing, what to do."""
_PLAIN = frozenset(ascii_letters + digits + "_-")


def of_syntax(error: JMESPathError, text: str) -> str:
    """Say how to repair what cannot be read.

    Args:
        error: what the library says.
        text: the expression.
    """
    fix = LANGUAGE
    match error:
        case IncompleteExpressionError():
            fix = "Write what is missing at its end, such as a closing bracket"
        case LexerError(token_value="-", lex_position=int(at)):
            fix = _of_hyphen(text, at)
        case LexerError(token_value=str(mark)):
            fix = f"End it with {mark[:1]}" if mark[:1] in "'\"`" else _MARKS.get(mark, LANGUAGE)
        case ParseError(token_type="NUMBER", token_value=value):
            fix = f"Write numbers between backticks: `{shortened(str(value))}`"
        case ParseError(token_type="STAR"):
            fix = _ARITHMETIC
        case ParseError(token_value=str(word), lex_position=int(at)):
            near = (word, *text[:at].split()[-1:])
            fix = next((f"Write {_WORDS[each]} for {each}" for each in near if each in _WORDS), LANGUAGE)
    return fix


def _of_hyphen(text: str, at: int) -> str:
    """Tell a name with hyphens from a difference, which has space around its sign."""
    start = end = at
    while start and text[start - 1] in _PLAIN:
        start -= 1
    while end < len(text) and text[end] in _PLAIN:
        end += 1
    name = text[start:end].strip("-")
    return f'Write "{shortened(name)}", in double quotes' if "-" in name else _ARITHMETIC


def of_function(name: str) -> str:
    """Say which function an unknown one may mean."""
    return nearest(name, FUNCTIONS.FUNCTION_TABLE)


def of_name(name: str, text: str, names: Collection[str]) -> str:
    """Say what to write for a name that is no source.

    Args:
        name: the name.
        text: the expression.
        names: those of all sources.
    """
    if name == BODY and name not in names:
        return "Write input, if it is the client's body"
    if name in _LITERALS:
        return f"Write `{name}`, between backticks: a word without them is a name"
    if f'"{name}"' in text:
        return f"Write '{shortened(name)}', if it is a text: names stand in double quotes, texts in single ones"
    return nearest(name, names)
