"""What `fanin check` says to write in place of an expression that is none, or that reads what is not there."""

import pytest

from fanin.config import parse
from fanin.config.expressions import compile_expression
from fanin.config.finding import ConfigError
from fanin.config.mistake import Mistake


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("a = 'b'", "Write == to compare"),
        ("a > 18", "Write numbers between backticks: `18`"),
        ("a and b", "Write && for and"),
        ("a or b", "Write || for or"),
        ("not a", "Write ! for not"),
        ("headers.x-total-count", 'Write "x-total-count", in double quotes'),
        ("x-y", 'Write "x-y", in double quotes'),
        ("a ? b : c", "Write condition && value || other"),
        ("$.a", "Leave $ out: an expression begins with a name"),
        ("{a: b", "Write what is missing at its end, such as a closing bracket"),
        ("a == 'x", "End it with '"),
        ("sume(a)", "Write 'sum'"),
        ("!a.b", "Write !(a.b)"),
    ],
)
def test_a_fix_says_what_to_write(text: str, fix: str) -> None:
    with pytest.raises(Mistake) as raised:
        compile_expression(text, of="body")
    assert (raised.value.rule, raised.value.fix) == ("bad-jmespath", fix)


@pytest.mark.parametrize("text", ["a * b", "a + b", "a - b", "a / `2`", "a % `2`"])
def test_there_is_no_arithmetic(text: str) -> None:
    with pytest.raises(Mistake) as raised:
        compile_expression(text, of="body")
    assert "subtract(a, b)" in raised.value.fix


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("user.a == null", "Write `null`, between backticks: a word without them is a name"),
        ("user.a == true", "Write `true`, between backticks: a word without them is a name"),
        ('user.a == "pro"', "Write 'pro', if it is a text: names stand in double quotes, texts in single ones"),
        ("usr.a", "Write 'user'"),
    ],
)
@pytest.mark.parametrize("place", ["when", "pick"])
def test_a_word_that_is_no_source_may_be_a_literal(text: str, fix: str, place: str) -> None:
    when, pick = (f"when = '''{text}'''", "") if place == "when" else ("", f"pick = '''{text}'''")
    file = f"""
fanin = 1
[sources.user]
url = "https://a.example/"
[sources.more]
url = "https://a.example/more"
{when}
[endpoints.e]
path = "/e"
sources = ["user", "more"]
{pick}
"""
    with pytest.raises(ConfigError) as raised:
        parse(file, {})
    (finding,) = raised.value.findings
    assert (finding.rule, finding.fix) == ("unknown-name", fix)
