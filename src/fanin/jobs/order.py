"""What a client asks for by a job: an endpoint, its parameters, and whom to tell of the end."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fanin.config.origins import origin_of
from fanin.config.values import Json
from fanin.engine.caller import Caller, check_caller
from fanin.engine.catalogue import Catalogue
from fanin.errors import RequestError, bad_parameters

MAX_ORDER = 64_000
"""Bytes of the body of a request for a job."""
_MAX_URL = 2048
_KEYS = frozenset({"endpoint", "parameters", "input", "callback"})


@dataclass(frozen=True, slots=True)
class Order:
    """A checked request for a job.

    Args:
        endpoint: the endpoint's name.
        parameters: its parameters, those with a default included.
        callback: the URL of the webhook; empty without one.
        input: the endpoint's input; None without one.
        caller: who asks; None if anyone may.
    """

    endpoint: str
    parameters: Mapping[str, Json]
    callback: str = ""
    input: Json = None
    caller: Caller | None = None

    @property
    def fingerprint(self) -> str:
        """The same for two orders that ask for the same, and for no others."""
        parts = [self.endpoint, dict(self.parameters), self.callback, *([] if self.input is None else [self.input])]
        return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the body of a request for a job says, not checked but that there is such an endpoint."""

    endpoint: str
    parameters: Mapping[str, Any]
    input: Json
    callback: Any


class Orders:
    """The check of orders against what is served.

    Args:
        catalogue: what is served.
        callbacks: the origins that a callback may have, such as `https://hooks.example.com`.
    """

    def __init__(self, catalogue: Catalogue, callbacks: Collection[str] = ()) -> None:
        self.catalogue = catalogue
        self._callbacks = frozenset(callbacks)

    def read(self, body: bytes) -> Asked:
        """Read the body of a request for a job: whom it is for has to be known before it is checked.

        Raises:
            RequestError: it does not ask for one that there can be.
        """
        if len(body) > MAX_ORDER:
            raise RequestError(413, "body-too-large", "Body too large", f"the body has over {MAX_ORDER} bytes")
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise RequestError(400, "malformed-body", "Malformed body", "the body is not JSON") from error
        if not isinstance(asked, dict) or not isinstance(asked.get("endpoint"), str):
            raise _refused("the body has to be an object with the name of an endpoint under `endpoint`")
        if unknown := sorted(asked.keys() - _KEYS):
            raise _refused(f"unknown key {unknown[0][:40]!r}; a job has endpoint, parameters, input and callback")
        parameters = asked.get("parameters", {})
        if not isinstance(parameters, dict):
            raise _refused("`parameters` has to be an object")
        if (endpoint := asked["endpoint"]) not in self.catalogue.plans:
            raise _refused(f"there is no endpoint {endpoint[:80]!r}")
        return Asked(endpoint, parameters, asked.get("input"), asked.get("callback", ""))

    def order(
        self,
        endpoint: str,
        parameters: Mapping[str, Any],
        given: Json = None,
        *,
        callback: Any = "",
        caller: Caller | None = None,
    ) -> Order:
        """Check what is asked for.

        Args:
            endpoint: the endpoint's name.
            parameters: its parameters.
            given: its input; None without one.
            callback: the URL of the webhook.
            caller: who asks; None for everybody.

        Raises:
            KeyError: there is no such endpoint.
            RequestError: who asks may not, a parameter or the input is wrong, or the callback may not be.
        """
        check_caller(self.catalogue.config.endpoints[endpoint], caller)
        declared = self.catalogue.config.endpoints[endpoint].sent_as.values()
        if unknown := sorted(parameters.keys() - set(declared)):
            raise bad_parameters([(name[:80], "the endpoint has no such parameter") for name in unknown])
        checked = self.catalogue.check(endpoint, parameters)
        if self.forwards(endpoint):
            raise _refused(f"{endpoint} hands on headers of its caller, which are not kept with a job")
        given = self.catalogue.check_input(endpoint, given)
        if given is not None and len(orjson.dumps(given)) > MAX_ORDER:
            detail = f"the input of a job has over {MAX_ORDER} bytes"
            raise RequestError(413, "body-too-large", "Body too large", detail)
        self.catalogue.check_allowed(endpoint, checked, given, caller)
        return Order(endpoint, checked, self._callback(callback), given, caller)

    def forwards(self, name: str) -> bool:
        """Tell whether an endpoint hands on headers of its caller; then it is no job, since those are not kept.

        Raises:
            KeyError: there is no such endpoint.
        """
        return bool(self.catalogue.plans[name].forwarded)

    def _callback(self, url: Any) -> str:
        if url in ("", None):
            return ""
        if not isinstance(url, str) or len(url) > _MAX_URL or (origin := origin_of(url)) is None:
            raise _callback_refused("a callback has to be an http or https URL, without user info and fragment")
        if origin not in self._callbacks:
            raise _callback_refused(f"{origin} is not among the origins that may be called back")
        return url


def _refused(detail: str) -> RequestError:
    return RequestError(422, "bad-job", "Bad job", detail)


def _callback_refused(detail: str) -> RequestError:
    return RequestError(422, "callback-refused", "Callback refused", detail)
