"""An issuer of tokens for tests: it has keys, signs what a test asks for, and serves its description and its keys.

    issuer = Issuer("https://login.example.com")
    token = issuer.token({"sub": "ada", "scope": "orders:read"}, audience="https://api.example.com")

Needs pyca/cryptography, the extra `jwt`. docs/callers.md shows it at work.
"""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

type _PrivateKey = RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey

_CURVES: dict[str, tuple[str, ec.EllipticCurve]] = {
    "ES256": ("P-256", ec.SECP256R1()),
    "ES384": ("P-384", ec.SECP384R1()),
    "ES512": ("P-521", ec.SECP521R1()),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_LIFE = 300
"""Seconds for which a token is good whose test does not say otherwise."""
DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/jwks.json"
"""The paths that it serves."""


class Issuer:
    """Signs tokens.

    Args:
        url: its name, which tokens have at `iss`.
        algorithms: those that it has keys for, one for each.
        now: gives the seconds since 1970.
    """

    def __init__(
        self,
        url: str = "https://issuer.example",
        algorithms: tuple[str, ...] = ("RS256",),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self.headers: dict[str, str] = {}
        """Headers of its answers, beside Content-Type."""
        self.status = 200
        """The status of its answers."""
        self.claims: list[str] | None = None
        """The claims that its description names; None if it names none."""
        self._algorithms = algorithms
        self._now = now
        self._generation = 0
        self._keys: dict[str, tuple[str, _PrivateKey]] = {}
        self.rotate()

    def rotate(self) -> None:
        """Take new keys; the old ones are gone, and tokens that they signed are good no more."""
        self._generation += 1
        self._keys = {name: (f"{name}-{self._generation}", _new_key(name)) for name in self._algorithms}

    def token(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        audience: str | list[str] = "",
        algorithm: str = "",
        header: Mapping[str, Any] | None = None,
    ) -> str:
        """Sign a token.

        Args:
            claims: what it says; `iss`, `sub` ("tester"), `iat` and `exp` (in five minutes) are added, unless they
                stand there. A claim that is `...` is left out.
            audience: its `aud`; none if it is empty.
            algorithm: the signature; by default the first that the issuer has.
            header: members of its header; `...` leaves one out.
        """
        algorithm = algorithm or self._algorithms[0]
        kid, key = self._keys[algorithm]
        now = int(self._now())
        said = {"iss": self.url, "sub": "tester", "iat": now, "exp": now + _LIFE, "aud": audience or ...}
        return signed({"alg": algorithm, "kid": kid, "typ": "JWT", **(header or {})}, {**said, **(claims or {})}, key)

    @property
    def jwks(self) -> dict[str, Any]:
        """Its public keys, as a JSON Web Key Set."""
        named = self._keys.items()
        return {"keys": [{"kid": kid, "alg": name, "use": "sig"} | _public(key) for name, (kid, key) in named]}

    @property
    def discovery(self) -> dict[str, Any]:
        """Its description of itself."""
        base = self.url.removesuffix("/")
        named = {} if self.claims is None else {"claims_supported": self.claims}
        return named | {
            "issuer": self.url,
            "jwks_uri": base + KEYS,
            "authorization_endpoint": f"{base}/authorize",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(self._algorithms),
        }

    @contextmanager
    def serving(self, tls: SSLContext | None = None) -> Iterator[str]:
        """Serve description and keys on loopback; `url` is then where. The paths asked for are in `asked`.

        Args:
            tls: what it speaks https with, by a certificate for 127.0.0.1; it speaks http without.
        """
        issuer, self.asked = self, list[str]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its head

            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                document = {DISCOVERY: issuer.discovery, KEYS: issuer.jwks}.get(self.path)
                body = json.dumps(document).encode()
                self.send_response(404 if document is None else issuer.status)
                for name, value in {"Content-Type": "application/json", **issuer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads = True
            if tls is not None:
                server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "http" if tls is None else "https"
            before, self.url = self.url, f"{scheme}://127.0.0.1:{server.server_address[1]}"
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self.url
            finally:
                server.shutdown()
                thread.join()
                self.url = before


def signed(header: Mapping[str, Any], claims: Mapping[str, Any], key: _PrivateKey) -> str:
    """Sign claims as a compact JSON Web Signature, by the `alg` of the header; members that are `...` are left out."""
    head, body = ({name: value for name, value in each.items() if value is not ...} for each in (header, claims))
    text = f"{coded(json.dumps(head).encode())}.{coded(json.dumps(body).encode())}"
    return f"{text}.{coded(_signature(str(header['alg']), key, text.encode()))}"


def coded(text: bytes) -> str:
    """Write bytes in base64url without padding."""
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def _new_key(algorithm: str) -> _PrivateKey:
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm][1])
    return Ed25519PrivateKey.generate() if algorithm.startswith("Ed") else generate_private_key(65537, 2048)


def _signature(algorithm: str, key: _PrivateKey, text: bytes) -> bytes:
    match key:
        case RSAPrivateKey():
            digest = _HASHES[algorithm[2:]]
            pss = algorithm.startswith("PS")
            scheme = padding.PSS(padding.MGF1(digest), digest.digest_size) if pss else padding.PKCS1v15()
            return key.sign(text, scheme, digest)
        case ec.EllipticCurvePrivateKey():
            size = (key.curve.key_size + 7) // 8
            r, s = decode_dss_signature(key.sign(text, ec.ECDSA(_HASHES[algorithm[2:]])))
            return r.to_bytes(size) + s.to_bytes(size)
        case Ed25519PrivateKey():
            return key.sign(text)


def _public(key: _PrivateKey) -> dict[str, str]:
    match key:
        case RSAPrivateKey():
            rsa = key.public_key().public_numbers()
            return {"kty": "RSA", "n": _number(rsa.n, (rsa.n.bit_length() + 7) // 8), "e": _number(rsa.e, 3)}
        case ec.EllipticCurvePrivateKey():
            point, size = key.public_key().public_numbers(), (key.curve.key_size + 7) // 8
            curve = next(name for name, known in _CURVES.values() if known.name == key.curve.name)
            return {"kty": "EC", "crv": curve, "x": _number(point.x, size), "y": _number(point.y, size)}
        case Ed25519PrivateKey():
            raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {"kty": "OKP", "crv": "Ed25519", "x": coded(raw)}


def _number(value: int, size: int) -> str:
    return coded(value.to_bytes(size))
