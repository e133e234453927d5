"""What to write in place of what is no JMESPath, or reads a name that is not there."""

from collections.abc import Collection
from string import ascii_letters, digits

from jmespath.exceptions import IncompleteExpressionError, JMESPathError, LexerError, ParseError

from fanin.config.expressions.documents import PLAN
from fanin.config.expressions.functions import FUNCTIONS
from fanin.config.mistake import nearest, shortened
from fanin.config.template.reference import BODY

LANGUAGE = "The language: https://jmespath.org"

_WORDS = {"and": "&&", "or": "||", "not": "!"}
_LITERALS = frozenset(("null", "true", "false"))
_LITERALS_MEANT = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}
_ARITHMETIC = "Take a function: sum([a, b]), subtract(a, b), product([a, b]), divide(a, b); of texts join('', [a, b])"
_MARKS = {
    "=": "Write == to compare",
    "?": "Write condition && value || other",
    "$": "Leave $ out: an expression begins with a name",
    **dict.fromkeys("+/%", _ARITHMETIC),
}
"""For a character that begins nothing, what to do."""
_MEANT = {
    **dict.fromkeys(("count", "len", "size"), "length(list)"),
    **dict.fromkeys(("concat", "concatenate"), "join('', [a, b])"),
    **dict.fromkeys(("toupper", "uppercase", "to_upper"), "upper(text)"),
    **dict.fromkeys(("tolower", "lowercase", "to_lower"), "lower(text)"),
    **dict.fromkeys(("coalesce", "default", "ifnull"), "not_null(a, b)"),
    **dict.fromkeys(("find", "filter", "where"), "list[?condition]"),
    **dict.fromkeys(("lookup", "lookup_by", "find_by", "join_by"), "attach(list, 'name', &key, rows, &row_key)"),
    **dict.fromkeys(("int", "float", "number"), "to_number(text)"),
    **dict.fromkeys(("str", "string", "text"), "to_string(value)"),
    **dict.fromkeys(("unique", "distinct"), "keys(from_items(list[*].[@, @])), for a list of texts"),
    "add": "sum([a, b])",
    "minus": "subtract(a, b)",
    "multiply": "product([a, b])",
    "if": "condition && value || other",
    "first": "list[0]",
    "last": "list[-1]",
    "flatten": "list[]",
    "not": "!(value)",
}
"""What to write for functions that other languages have."""
_NAMES_MEANT = {
    **dict.fromkeys(("body", "request"), "Write input, for the client's body"),
    "each": "Filter the list in for_each, such as orders[?paid]: expressions see no item",
}
"""What to do about names that other keys, or other languages, have."""
_LONGEST_VALUE = 200
"""Characters of an expression that a fix writes whole."""
_MOST_PARTS = 20
"""Members of a list or a table that it writes."""
_PLAIN = frozenset(ascii_letters + digits + "_-")


def of_syntax(error: JMESPathError, text: str) -> str:
    """Say how to repair what cannot be read.

    Args:
        error: what the library says.
        text: the expression.
    """
    fix = _of_member(error, text) or LANGUAGE
    match error:
        case _ if fix != LANGUAGE:
            pass
        case IncompleteExpressionError():
            fix = "Write what is missing at its end, such as a closing bracket"
        case LexerError(token_value="-", lex_position=int(at)):
            fix = _of_hyphen(text, at)
        case LexerError(token_value=str(mark)):
            fix = f"End it with {mark[:1]}" if mark[:1] in "'\"`" else _MARKS.get(mark, LANGUAGE)
        case ParseError(token_type="LBRACE") if "{{" in text:
            fix = "Write one brace: an expression doubles none"
        case ParseError(token_type="STAR"):
            fix = _ARITHMETIC
        case ParseError(token_value=str(word), lex_position=int(at)):
            near = (word, *text[:at].split()[-1:])
            fix = next((f"Write {_WORDS[each]} for {each}" for each in near if each in _WORDS), LANGUAGE)
    return fix


def _of_member(error: JMESPathError, text: str) -> str:
    """Say how to write a member or an item that is written as in other languages; empty if it is something else."""
    match error:
        case ParseError(token_type="NUMBER", token_value=value, lex_position=int(at)):
            if text[at - 1 : at] == ".":
                return f"Write the place of an item in brackets: {_before(text, at - 1)}[{shortened(str(value))}]"
            return f"Write numbers between backticks: `{shortened(str(value))}`"
        case ParseError(token_type="LITERAL", token_value=str(value), lex_position=int(at)) if text[:at].endswith("["):
            return f"Write a dot before a member's name: {_before(text, at - 1)}.{shortened(value)}"
        case ParseError(token_type="DOT", lex_position=0):
            return f"Leave the dot at its beginning out: {shortened(text.strip()[1:])}"
    return ""


def _before(text: str, at: int) -> str:
    """Give the name that ends in an expression at a place."""
    start = at
    while start and text[start - 1] in _PLAIN:
        start -= 1
    return shortened(text[start:at])


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
    return f"Write {_MEANT[name]}" if name in _MEANT else nearest(name, FUNCTIONS.FUNCTION_TABLE)


def of_value(value: object) -> str:
    """Say how to write an expression that stands there as another value than a text."""
    written = _expression(value)
    if written is None or len(written) > _LONGEST_VALUE or "\n" in written:
        return "Write it as one text, in quotes"
    quote = '"' if '"' not in written and "\\" not in written else "'''"
    return f"Write {quote}{written}{quote}"


def _expression(value: object) -> str | None:
    """Write a value of TOML as an expression: a table's texts are expressions, and a list's are texts."""
    match value:
        case bool() | int() | float():
            return f"`{str(value).lower()}`"
        case str():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        case list():
            items = [_expression(item) for item in value[:_MOST_PARTS]]
            return None if None in items or len(value) > _MOST_PARTS else f"[{', '.join(map(str, items))}]"
        case dict() if 0 < len(value) <= _MOST_PARTS and all(_PLAIN.issuperset(name) for name in value):
            parts = {name: part if isinstance(part, str) else _expression(part) for name, part in value.items()}
            return None if None in parts.values() else f"{{{', '.join(f'{n}: {part}' for n, part in parts.items())}}}"
    return None


def of_name(name: str, text: str, names: Collection[str]) -> str:
    """Say what to write for a name that is no source.

    Args:
        name: the name.
        text: the expression.
        names: those of all sources.
    """
    if name == BODY and name not in names:
        return "Write input, if it is the client's body"
    if name in _LITERALS_MEANT and name not in names:
        return f"Write `{_LITERALS_MEANT[name]}`, between backticks"
    if name in _LITERALS:
        return f"Write `{name}`, between backticks: a word without them is a name"
    if f'"{name}"' in text:
        return f"Write '{shortened(name)}', if it is a text: names stand in double quotes, texts in single ones"
    if name in _NAMES_MEANT:
        return _NAMES_MEANT[name]
    return nearest(name, [*names, *sorted(PLAN)])
