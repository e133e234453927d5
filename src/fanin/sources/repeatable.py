"""Which requests may be made twice."""

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods whose repetition does what the first would have done (RFC 9110, section 9.2.2)."""

TRUSTED_SECONDS = 5.0
"""For how long after an answer a kept connection is taken to be alive: if silent, it is slow, and not asked twice."""

EXTENSION = "repeatable"
"""The extension of a request that says whether it may be made twice, where its method does not tell."""
