"""An expression, compiled, with what it reads and how it is evaluated."""

import re
from dataclasses import dataclass, field
from functools import cached_property

import jmespath
from jmespath.exceptions import JMESPathError

from fanin.config.expressions.bounds import Budget, check_value
from fanin.config.expressions.documents import ERRORS, OF_CLIENT, PARAMETERS, PLAN, RESPONSE, Document
from fanin.config.expressions.evaluate import DATA_ERRORS, evaluator, reason
from fanin.config.expressions.mentions import WHOLE, Mention, mentions_of
from fanin.config.expressions.nodes import Evaluate, Node, made_keys
from fanin.config.expressions.repairs import LANGUAGE, of_syntax, of_value
from fanin.config.expressions.sharing import copies
from fanin.config.expressions.sound import FLATTER, MAX_LEVELS, added_levels, levels, makes_numbers, problems
from fanin.config.mistake import Mistake, listed, nearest, quoted, shortened
from fanin.config.template import text as texts
from fanin.config.template.reference import ParameterReference, read_reference
from fanin.config.values import Json

_WORDS_OF_PLANS = re.compile(r"(?:errors|parameters)\.[A-Za-z0-9_.]++")
"""What stands in expressions only, and reads like a reference."""
_MOST_PROBLEM = 250
"""Characters of what the library says, which quotes the expression."""


@dataclass(frozen=True, eq=False)
class Expression:
    """An expression.

    Args:
        text: as it stands in fanin.toml.
        parsed: its tree.
        mentions: the identifiers that it reads from the plan document itself, or from the response document.
        errors: the names behind `errors.` in the plan document.
        parameters: the names behind `parameters.` in the plan document.
    """

    text: str
    parsed: Node = field(repr=False)
    mentions: frozenset[str] = frozenset()
    errors: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()

    def search(self, document: Json, most: int) -> Json:
        """Evaluate it.

        Args:
            document: what it is evaluated on.
            most: bytes of memory that its value may take, and that bound the steps that it may take to it.

        Returns:
            the value, which JSON can write.

        Raises:
            ExpressionTooLarge: it takes more steps, or its value more memory.
            ExpressionError: it meets data that one of its functions does not take, or makes a number that JSON's
                readers may not take.
        """
        try:
            value: Json = self._evaluate(document, Budget(most))
        except DATA_ERRORS as error:
            raise reason(error) from None
        if self._must_be_checked:
            check_value(value, most)
        return value

    @property
    def sources(self) -> frozenset[str]:
        """The sources whose values it reads from the plan document."""
        return self.mentions - PLAN

    @property
    def waits_for(self) -> frozenset[str]:
        """The sources whose values or errors it reads."""
        return self.sources | self.errors

    @property
    def of_client(self) -> bool:
        """Whether it reads nothing of the plan document but what the client sends, so that what it meets is theirs."""
        return bool(self.mentions) and self.mentions <= OF_CLIENT

    @property
    def made_keys(self) -> list[str] | None:
        """The keys of the object that it makes; None if it makes none, or takes one as it is."""
        return made_keys(self.parsed)

    @property
    def added_levels(self) -> int:
        """The levels at most that its value has more than its document."""
        return added_levels(self.parsed)

    @cached_property
    def _evaluate(self) -> Evaluate:
        return evaluator(self.parsed)

    @cached_property
    def holds_literals(self) -> bool:
        """Whether a literal of it can be a part of its value: all values that it makes then have the same."""
        return copies(self.parsed).literal > 0

    @cached_property
    def _must_be_checked(self) -> bool:
        """Whether its value may be larger than its document and what is counted, or have other numbers."""
        return max(copies(self.parsed)) > 1 or makes_numbers(self.parsed)


def compile_expression(text: object, *, of: Document) -> Expression:
    """Compile an expression.

    Args:
        text: the expression.
        of: what it is evaluated on.

    Raises:
        Mistake: it is none; it calls a function that is not there, or with another number of arguments, which the
            library itself says only when it meets data; or it reads what its document does not have.
    """
    if not isinstance(text, str):
        raise Mistake("bad-type", "an expression is a text", of_value(text))
    try:
        parsed: Node = jmespath.compile(text).parsed
    except JMESPathError as error:
        _refuse_braces(text)
        problem = shortened(" ".join(str(error).split()), _MOST_PROBLEM)
        raise Mistake("bad-jmespath", f"not JMESPath: {problem}", of_syntax(error, text)) from error
    except RecursionError as error:
        raise Mistake("bad-jmespath", "it is nested too deep", "Write it flatter") from error
    except (ValueError, KeyError) as error:
        raise Mistake("bad-jmespath", "it has a number of too many digits", LANGUAGE) from error
    if levels(parsed) > MAX_LEVELS:
        raise Mistake("bad-jmespath", f"it has over {MAX_LEVELS} levels", FLATTER)
    for problem, fix in problems(parsed):
        raise Mistake("bad-jmespath", problem, fix)
    if added_levels(parsed) > MAX_LEVELS:
        raise Mistake("bad-jmespath", f"its value can have {MAX_LEVELS} levels more than the answer", FLATTER)
    if of == "body":
        return Expression(text, parsed)
    mentions = list(mentions_of(parsed))
    if of == "response":
        _check_response(mentions)
        return Expression(text, parsed, frozenset(mention.name for mention in mentions if mention is not WHOLE))
    _check_plan(mentions)
    return Expression(
        text,
        parsed,
        frozenset(mention.name for mention in mentions),
        frozenset(mention.member for mention in mentions if mention.name == ERRORS),
        frozenset(mention.member for mention in mentions if mention.name == PARAMETERS and mention.member),
    )


def _refuse_braces(text: str) -> None:
    """Refuse a reference as texts have them, in an expression that cannot be read."""
    for found in texts.PIECE.compiled.finditer(text):
        if found["reference"] is None:
            continue
        if found["reference"].startswith(("$", "!")):
            message = f"{quoted(found[0])} stands in texts only"
            fix = "Write a variable's value itself; no expression sees a secret"
            raise Mistake("braces", message, fix, found[0])
        name = found["reference"]
        if not _WORDS_OF_PLANS.fullmatch(name):
            try:
                reference = read_reference(name)
            except Mistake:
                continue
            name = str(reference).strip("{}")
            if isinstance(reference, ParameterReference):
                name = f"parameters.{name}, or {name} for a source"
        raise Mistake("braces", f"{found[0]} stands in texts only", f"Write {name}", found[0])


def _check_plan(mentions: list[Mention]) -> None:
    """Refuse what takes the plan document as a whole, or all errors: it is not known which sources that waits for."""
    for mention in mentions:
        if mention is WHOLE:
            message = "it takes the plan document as a whole, so it is not known which sources it waits for"
            raise Mistake("whole-document", message, "Name each source: {geo: geo, weather: weather}")
        if mention.name == ERRORS and not mention.member:
            message = "it takes all errors, so it is not known which sources it waits for"
            raise Mistake("whole-document", message, "Name the source behind it: errors.geo")


def _check_response(mentions: list[Mention]) -> None:
    for mention in mentions:
        if mention is not WHOLE and mention.name not in RESPONSE:
            message = f"{quoted(mention.name)} is no member of a response"
            fix = nearest(mention.name, RESPONSE)
            if not fix.startswith("Write"):
                fix = f"Write body.{shortened(mention.name)} for what is in the body, or use one of: {listed(RESPONSE)}"
            raise Mistake("unknown-name", message, fix, mention.name)
        if mention.name == "headers" and mention.member != mention.member.lower():
            message = "the names of headers are in lower case"
            raise Mistake("unknown-name", message, f'Write "{shortened(mention.member.lower())}"', mention.member)
