"""AWS's own services, over fanin's own clients: signatures, endpoints, and one small client of each kind.

`client.py` is asynchronous, `client_blocking.py` its twin over requests; `protocol.py` is what both send and read, and
`sigv4.py` what signs it. Nothing here waits, retries or starts before it is asked to.
"""
