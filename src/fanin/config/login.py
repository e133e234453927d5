"""Who fanin is at a database that takes tokens of AWS for passwords."""

from typing import NamedTuple


class Login(NamedTuple):
    """A user of a database, as a token names it.

    Args:
        host: the database's, as its URL has it.
        port: of the server.
        user: the user.
    """

    host: str
    port: int
    user: str
