"""A text cut at its references, and variables put into it before."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fanin.config.mistake import Mistake, listed, shortened
from fanin.config.template.reference import Reference, Scalar, Values, read_reference

PIECE = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<reference>[^{}]*)\}|(?P<stray>[{}])")
"""A literal brace, a reference, or a brace without its partner."""
_VARIABLE = re.compile(r"\{\{|\}\}|\{\$([^{}]*)\}")


def put_variables(text: str, variables: Mapping[str, str]) -> str:
    """Replace each `{$name}` by the variable's value.

    Raises:
        Mistake: a variable is not defined.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        if found[1] not in variables:
            known = listed(variables) or "none are defined"
            fix = f"Define it in [variables], or use one of: {known}"
            raise Mistake("unknown-variable", f"unknown variable {{${shortened(found[1])}}}", fix)
        return variables[found[1]]

    return _VARIABLE.sub(value, text)


def written(value: Scalar) -> str:
    """Write a value as JSON and URLs do: `true`, `38.72`, text as it is."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut into literals and references.

    Args:
        pieces: the literals and references.
        references: the references, in the order of the text; found once, since every request looks at them.
    """

    pieces: tuple[str | Reference, ...]
    references: tuple[Reference, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find the references."""
        object.__setattr__(self, "references", tuple(piece for piece in self.pieces if not isinstance(piece, str)))

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Cut a text, its variables already put in, at its references.

        Raises:
            Mistake: a brace without its partner, or what stands between braces is no reference.
        """
        pieces: list[str | Reference] = []
        literal: list[str] = []
        end = 0
        for found in PIECE.finditer(text):
            literal.append(text[end : found.start()])
            end = found.end()
            if found["stray"]:
                raise Mistake(
                    "bad-reference", f"a {found['stray']} without its partner", "Write it twice for a literal one"
                )
            if found["brace"]:
                literal.append(found["brace"][0])
                continue
            pieces += (*_joined(literal), read_reference(found["reference"]))
            literal = []
        literal.append(text[end:])
        return cls((*pieces, *_joined(literal)))

    def expand(self, values: Values, encode: Callable[[Reference, str], str]) -> str:
        """Put the values in, each encoded for its place.

        Raises:
            Refused: from `encode`.
        """
        if not self.references:
            return "".join(self.pieces)  # type: ignore[arg-type]
        return "".join(
            [piece if isinstance(piece, str) else encode(piece, written(values[piece])) for piece in self.pieces]
        )


def _joined(literal: list[str]) -> tuple[str, ...]:
    """Give a literal as one piece; no piece where it is empty."""
    return (text,) if (text := "".join(literal)) else ()
