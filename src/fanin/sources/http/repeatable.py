"""Which requests may be made twice."""

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods whose repetition does what the first would have done (RFC 9110, section 9.2.2)."""

TRUSTED_SECONDS = 5.0
"""For how long after an answer a kept connection is taken to be alive: if silent, it is slow, and not asked twice."""

SECOND_CONNECTION_AFTER = 0.5
"""The share of a call's time after which a GET that is unanswered on a kept connection is made on a new one too."""
