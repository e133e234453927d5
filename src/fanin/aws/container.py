"""Credentials from the endpoint that Lambda has for environments with SnapStart, in the place of variables.

Those in a snapshot would have expired. The endpoint is on loopback, belongs to Lambda, and gives them with their end:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from fanin.aws.credentials import URI, Credentials
from fanin.aws.errors import AwsUnavailable
from fanin.config.tls import is_this_machine
from fanin.engine.snapshots import forgotten_in_snapshots

_PROOF = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
"""The variable with what proves to the endpoint who asks."""

_WITHIN = 1.0
"""Seconds that the endpoint may take; it blocks the event loop, once in the life of some credentials."""
_AHEAD = timedelta(minutes=5)
"""How long before their end credentials are asked for anew."""
_MOST = 64 * 1024
"""Bytes of an answer."""


@dataclass(frozen=True, slots=True)
class _Kept:
    asked: tuple[str, str]
    given: Credentials
    until: datetime


class Container:
    """Asks the endpoint, and keeps what it gives.

    Args:
        now: gives the time, in UTC.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._kept: _Kept | None = None
        self._lock = Lock()
        forgotten_in_snapshots(self.forget)

    def credentials(self, environment: Mapping[str, str]) -> Credentials:
        """Give the credentials, asked for at most `_WITHIN` seconds.

        Raises:
            AwsUnavailable: the endpoint gives none, or is not on loopback.
        """
        asked = environment[URI], environment.get(_PROOF, "")
        with self._lock:
            if self._kept is None or self._kept.asked != asked or self._now() >= self._kept.until - _AHEAD:
                self._kept = self._asked(*asked)
            return self._kept.given

    def forget(self) -> None:
        """Forget what is kept."""
        self._kept = None

    def _asked(self, uri: str, token: str) -> _Kept:
        try:
            parts = urlsplit(uri)
            if parts.scheme != "http" or not is_this_machine(parts.hostname or ""):
                raise AwsUnavailable(f"{URI} names no endpoint on loopback")
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_WITHIN)
            try:
                connection.request("GET", parts.path or "/", headers={"Authorization": token} if token else {})
                answer = connection.getresponse()
                said = json.loads(answer.read(_MOST))
            finally:
                connection.close()
            if answer.status != 200:
                raise AwsUnavailable(f"the endpoint of AWS credentials answered with {answer.status}")
            given = Credentials(said["AccessKeyId"], said["SecretAccessKey"], said["Token"])
            return _Kept((uri, token), given, datetime.fromisoformat(said["Expiration"]))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise AwsUnavailable("the endpoint of AWS credentials does not answer, or not with credentials") from error


container = Container()
"""The process's."""
