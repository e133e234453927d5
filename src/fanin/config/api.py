"""What fanin.toml says of the API as a whole, for its description."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from fanin.config.mistake import Mistake, quoted
from fanin.config.origins import origin_of
from fanin.config.table import Table

PROBLEM_TYPES: Final = "https://fanin.example/problems/"
"""What the types of problems begin with, if fanin.toml says nothing; docs/reference.md describes each."""

_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _address(text: str) -> str:
    """Give a URL back.

    Raises:
        Mistake: it is not one that a browser follows.
    """
    if origin_of(text) is None:
        raise Mistake("bad-url", f"{quoted(text)} is no http or https URL", 'Write "https://example.com/contact"')
    return text


def _email(text: str) -> str:
    """Give an address back.

    Raises:
        Mistake: it has not the form of one.
    """
    name, at, host = text.partition("@")
    if not (name and at and host) or "@" in host or any(character.isspace() for character in text):
        raise Mistake("bad-email", f"{quoted(text)} is no e-mail address", 'Write "team@example.com"')
    return text


def _beginning(text: str) -> str:
    """Give a URL back, which names are written behind.

    Raises:
        Mistake: it is not one that a browser follows, or a name behind it would run into its last word.
    """
    if origin_of(text.removesuffix("#")) is None:
        raise Mistake("bad-url", f"{quoted(text)} is no http or https URL", 'Write "https://example.com/problems/"')
    if not text.endswith(("/", "#")):
        message = f"a problem's name stands right behind {quoted(text)}, which ends with neither / nor #"
        raise Mistake("bad-url", message, f'Write "{text}/"')
    return text


class Contact(Table):
    """Whom users of the API can ask."""

    name: _Line | None = None
    """A person's name, or a team's."""
    url: Annotated[_Line, AfterValidator(_address)] | None = None
    """A page."""
    email: Annotated[_Line, AfterValidator(_email)] | None = None
    """An e-mail address."""


class Api(Table):
    """What the API's description says of the API as a whole."""

    title: _Line = "fanin"
    """What it is called."""
    version: _Line | None = None
    """Its own version; without it, the description has that of fanin."""
    contact: Contact | None = None
    """Whom users can ask."""
    problems: Annotated[_Line, AfterValidator(_beginning)] = PROBLEM_TYPES
    """What the types of problems begin with: a URL with / or # at its end, where your users can read about each."""
