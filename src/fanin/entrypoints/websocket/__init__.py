"""Answers as they arrive: endpoints over WebSocket, one message for each source, once or again and again.

`messages.py` is what goes over the wire, `subscription.py` numbers it, `subject.py` is what can be subscribed to, and
`rounds.py` reads it once and sends what arrives. Two ways in share these: `session.py` for a server that holds the
connection itself, and `service.py` for a function behind API Gateway, which holds nothing from one message to the next.
docs/websocket.md has the protocol.
"""
