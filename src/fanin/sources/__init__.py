"""The fetches: bytes from the wire, safely."""
