"""A bucket in S3."""

from fanin.aws.errors import AwsUnavailable
from fanin.stores.aws.calls import Calls, NoSuchObject
from fanin.stores.bounds import MAX_OBJECT
from fanin.stores.errors import StoreTooLarge, StoreUnavailable


class AwsBucket:
    """A `Bucket` of S3's.

    Args:
        calls: S3.
        name: the bucket's.
    """

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls = calls
        self._name = name

    async def put(self, key: str, body: bytes, *, kind: str = "application/json") -> None:
        """Write an object."""
        if len(body) > MAX_OBJECT:
            raise StoreTooLarge(f"an object has {len(body)} bytes, over {MAX_OBJECT}")
        await self._calls.request("PUT", self._path(key), headers=[("Content-Type", kind)], body=body)

    async def get(self, key: str) -> bytes | None:
        """Read an object of up to the client's bound; None where there is none."""
        try:
            return await self._calls.request("GET", self._path(key))
        except NoSuchObject:
            return None

    def link(self, key: str, seconds: int) -> str:
        """Sign a link; it ends with the credentials of the function, too."""
        try:
            return self._calls.client.link("s3", self._path(key), expires=seconds)
        except AwsUnavailable as error:
            raise StoreUnavailable(f"s3 link: {error}") from error

    def _path(self, key: str) -> str:
        return f"/{self._name}/{key}"
