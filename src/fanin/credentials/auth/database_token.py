"""The token that RDS and Aurora take for a password: a link that is signed, and is not followed.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
"""

from datetime import datetime
from urllib.parse import quote

from fanin.aws.credentials import Credentials
from fanin.aws.sigv4 import presigned
from fanin.config.login import Login

_GOOD_FOR = 900
"""Seconds within which a connection has to be made with it; the connection lasts beyond them."""


def database_token(login: Login, credentials: Credentials, region: str, now: datetime) -> str:
    """Sign a token.

    Args:
        login: who fanin is, and where.
        credentials: the function's.
        region: the database's, which is the function's.
        now: the time, in UTC.
    """
    host = f"[{login.host}]" if ":" in login.host else login.host
    url = f"https://{host}:{login.port}/?Action=connect&DBUser={quote(login.user, safe='')}"
    signed = presigned(url, credentials=credentials, service="rds-db", region=region, now=now, expires=_GOOD_FOR)
    return signed.removeprefix("https://")
