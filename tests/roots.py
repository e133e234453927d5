"""The roots of TLS, loaded once for all tests of a process: it takes 30 ms of a processor, and many need a client."""

from functools import cache

from fanin.sources import tls

tls_context = cache(tls.tls_context)
