"""What bounds the questions that have to be asked before it is clear who asks."""

SERVER = "the issuer"
"""What errors call whom is asked."""
TIMEOUT = 2.0
"""Seconds that one answer may take."""
IN_ALL = 5.0
"""Seconds that all questions of one request may take together, within the request's time."""
MAX_ANSWER = 500_000
"""Bytes of an answer."""
