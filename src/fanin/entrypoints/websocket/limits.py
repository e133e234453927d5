"""The bounds of the protocol, the same for every way in. Times are in seconds, sizes in bytes of UTF-8."""

MAX_MESSAGE_IN = 16_384
"""A client's message. One frame of API Gateway's WebSockets, 32 KB, has room for it."""
MAX_MESSAGE_OUT = 131_072
"""A message to a client: API Gateway's own limit."""
MAX_SUBSCRIPTIONS = 10
"""Subscriptions of one connection at the same time."""
MAX_MESSAGES = 60
"""Messages that a connection may send in a minute."""
MAX_UNREAD = 10
"""Messages over `MAX_MESSAGES` in a minute that are refused; the next one ends the connection."""
LEAST_EVERY = 5.0
"""The shortest `every`."""
MOST_EVERY = 300.0
"""The longest `every`: below the 10 minutes after which API Gateway ends a connection without messages."""
SEND_TIMEOUT = 5.0
"""A message that has not gone out by then ends its connection."""
AWS_TIMEOUT = 5.0
"""A request to a table, a queue or a connection."""
MESSAGE_TIMEOUT = 28.0
"""The work for a message that API Gateway hands on: it waits 29 s, a cold start included, and then tells the client of
an error of its own. Nobody waits for the rounds that come by the queue."""
PAUSE = 1.0
"""Between two attempts to keep what a round has come to, while the table or the queue does not answer."""
CONNECTION_LIFE = 7200
"""How long API Gateway keeps a connection at most."""
