"""Passwords of the admin cannot be guessed at will."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.attempts import MAX_KEYS, MOST, WINDOW, Attempts, TooManyAttempts
from tests.server.serving import PASSWORD


class Now:
    """A clock that is set."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def refused(attempts: Attempts, username: str = "admin", address: str = "127.0.0.1") -> float | None:
    """Try once; give the seconds after which to try again, or None where the attempt is made."""
    try:
        attempts.begin(username, address)
    except TooManyAttempts as error:
        return error.seconds
    return None


def log_in(url: str, username: str, password: str) -> tuple[int, str, str]:
    """Send the form; give status, page and Retry-After."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = opener.open(f"{url}/admin/login/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "username": username, "password": password, "next": "/admin/"}
    # As many addresses as attempts, if the header were believed.
    forwarded = {"X-Forwarded-For": f"203.0.113.{abs(hash(password)) % 250}"}
    request = urllib.request.Request(f"{url}/admin/login/", urllib.parse.urlencode(form).encode(), forwarded)
    try:
        with opener.open(request, timeout=30) as response:
            return response.status, response.read().decode(), ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers["Retry-After"]


@pytest.mark.parametrize("open_url", ["mounted"], indirect=True, scope="session")
def test_the_sixth_guess_in_five_minutes_is_not_tried_nor_the_right_password(open_url: str) -> None:
    """Fifteen at once, whatever `X-Forwarded-For` says; another name is not held back by them."""
    with ThreadPoolExecutor(15) as pool:
        made = list(pool.map(lambda n: log_in(open_url, "admin", f"wrong {n}"), range(15)))
    assert sorted(status for status, _, _ in made) == [200] * MOST + [429] * (15 - MOST)
    status, page, after = log_in(open_url, "admin", PASSWORD)
    assert (status, "too-many-logins" in page) == (429, True)
    assert 0 < int(after) <= WINDOW
    assert log_in(open_url, "somebody", PASSWORD)[0] == 200


def test_attempts_count_for_five_minutes_and_refused_ones_do_not() -> None:
    attempts = Attempts(now := Now())
    for _ in range(MOST):
        assert refused(attempts) is None
        now.seconds += 10
    for _ in range(20):
        assert refused(attempts) == WINDOW - 10 * MOST
    now.seconds += WINDOW - 10 * MOST
    assert refused(attempts) is None
    assert refused(attempts) == 10


def test_names_and_addresses_are_counted_apart_and_a_success_ends_a_count() -> None:
    attempts = Attempts(Now())
    assert [refused(attempts) for _ in range(MOST)] == [None] * MOST
    assert refused(attempts) == WINDOW
    assert refused(attempts, username="other") is None
    assert refused(attempts, address="::1") is None
    attempts.succeeded("admin", "127.0.0.1")
    assert refused(attempts) is None


def test_counts_are_bounded_and_the_longest_untried_goes_first() -> None:
    attempts = Attempts(Now())
    for _ in range(MOST):
        attempts.begin("admin", "")
    for number in range(MAX_KEYS - 1):
        attempts.begin(f"{number}", "")
    assert refused(attempts, address="") == WINDOW
    attempts.begin("one more", "")
    assert len(attempts) == MAX_KEYS
    with pytest.raises(TooManyAttempts):
        attempts.begin("admin", "")
