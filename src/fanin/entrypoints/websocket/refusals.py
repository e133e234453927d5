"""What a connection is refused for its bounds, and while its subscriptions cannot be kept."""

from fanin.entrypoints.websocket.limits import MAX_MESSAGES, MAX_SUBSCRIPTIONS
from fanin.errors import RequestError


def too_many_subscriptions() -> RequestError:
    """Refuse a subscription over the limit."""
    detail = f"a connection has {MAX_SUBSCRIPTIONS} subscriptions at the same time; end one of them first"
    return RequestError(429, "too-many-subscriptions", "Too many subscriptions", detail)


def too_many_messages() -> RequestError:
    """Refuse a message over the limit."""
    detail = f"a connection sends {MAX_MESSAGES} messages in a minute; this one was not read"
    return RequestError(429, "too-many-messages", "Too many messages", detail)


def subscriptions_unavailable(detail: str) -> RequestError:
    """Say that subscriptions are not kept at the moment, since the table or the queue does not answer."""
    return RequestError(503, "subscriptions-unavailable", "Subscriptions unavailable", detail)
