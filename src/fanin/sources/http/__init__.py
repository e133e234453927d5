"""HTTP towards sources: one reading of it, and two thin clients that use it.

The reading has no sockets. `request.py` writes a request. `answer.py` reads an answer by the grammar of `head.py` and
`chunks.py`, within limits. `body.py` undoes the content coding under a cap. `redirect.py`, `repeatable.py` and
`keeping.py` have the rules that both clients follow. `failures.py` names what goes wrong.

The client in `loop/` waits on the event loop, and the one in `blocking/` blocks its thread. `loop/client.py` and
`blocking_fetch.py` make the calls of sources over them.
"""
