"""What an API key looks like: `fanin_<id>_<secret><checksum>`.

The id is public; records are looked up by it. The secret is random, so that one round of SHA-256 hides it: what slow
hashes are for is guessing, and 154 bits are not guessed. The checksum tells typos without a look-up.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from zlib import crc32

from fanin.config.callers.key_form import ALPHABET, CHECKSUM, ID_ALPHABET, ID_LENGTH, KEY, SECRET_LENGTH


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in its parts; the secret is not in its repr.

    Args:
        id: its public name.
        secret: what proves it.
    """

    id: str
    secret: str = field(repr=False)

    @property
    def text(self) -> str:
        """The key as its owner has it."""
        return f"fanin_{self.id}_{self.secret}{_checksum(self.id, self.secret)}"

    @property
    def sha256(self) -> str:
        """The hash of the secret, in hexadecimal digits."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


_KEY = re.compile(KEY)


def new_key() -> ApiKey:
    """Make a key of the system's randomness."""
    return ApiKey(_drawn(ID_ALPHABET, ID_LENGTH), _drawn(ALPHABET, SECRET_LENGTH))


def read_key(text: str) -> ApiKey | None:
    """Read a key as a client presents it; None if it has another form, or a typo."""
    found = _KEY.fullmatch(text)
    if found is None or _checksum(found["id"], found["secret"]) != found["checksum"]:
        return None
    return ApiKey(found["id"], found["secret"])


def _drawn(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _checksum(key_id: str, secret: str) -> str:
    """Give the CRC-32 of a key's parts in six digits of base 62."""
    rest, digits = crc32(f"{key_id}_{secret}".encode()), ""
    for _ in range(CHECKSUM):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
