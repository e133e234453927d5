"""Callers that send a JSON Web Token (RFC 7519).

`identify.py` is the way in: from the headers of a request to what its token says. It asks `keys.py` for the issuer's
keys, `known.py` for tokens that were checked before, and `verify.py` for all others. Only a fanin.toml with such
callers imports this room, which needs pyca/cryptography.
"""

from fanin.callers.jwt.identify import identifying

__all__ = ["identifying"]
