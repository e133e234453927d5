"""What the vault asks for, when, and what it does where it is not told."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.credentials.flows import AskAws, Conversation, OneAtATime, SendRequest, Wait
from fanin.credentials.secrets.places import ParameterStore, SecretsManager
from fanin.credentials.secrets.redaction import Redaction
from fanin.credentials.secrets.vault import KEPT, PAUSE, SILENCE, THROTTLED_ATTEMPTS, SecretMissing, Vault


class Store:
    """SSM, with parameters and faults; it writes down what it is asked."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.asked: list[list[str]] = []
        self.timeouts: list[float] = []
        self.fault: Exception | None = None
        self.throttled = 0
        self.garbled: list[Any] = []
        self.waits: list[float] = []
        self.wait: Callable[[float], None] = lambda _: None

    def hold[Result](self, conversation: Conversation[Result]) -> Result:
        """Answer a conversation's questions."""
        answer: Any = None
        error: Exception | None = None
        while True:
            try:
                question = conversation.throw(error) if error else conversation.send(answer)
            except StopIteration as ended:
                result: Result = ended.value
                return result
            try:
                answer, error = self._answer(question), None
            except Exception as raised:  # noqa: BLE001 - as the carriers do
                error = raised

    def _answer(self, question: object) -> Any:
        match question:
            case OneAtATime(_, inner):
                return self.hold(inner)
            case Wait(seconds):
                self.waits.append(seconds)
                return self.wait(seconds)
            case AskAws("ssm", "GetParameters", payload, timeout):
                assert payload["WithDecryption"] is True
                names = [name.removeprefix("/p/") for name in payload["Names"]]
                self.asked.append(names)
                self.timeouts.append(timeout)
                if len(self.asked) <= self.throttled:
                    raise AwsThrottled("ssm: asked too often")
                if self.fault:
                    raise self.fault
                if self.garbled:
                    return self.garbled.pop()
                return {
                    "Parameters": [
                        {"Name": f"/p/{name}", "Value": self.values[name]} for name in names if name in self.values
                    ],
                    "InvalidParameters": [],
                }
        raise AssertionError(question)


class Given:
    """A vault over a store, and a clock that stands."""

    def __init__(self, together: Mapping[frozenset[str], frozenset[str]] | None = None, **values: str) -> None:
        self.now = 1000.0
        self.store = Store(**values)
        self.redaction = Redaction()
        self.store.wait = self._wait
        self.vault = Vault(ParameterStore("/p/"), together or {}, self.redaction, lambda: self.now)

    def _wait(self, seconds: float) -> None:
        self.now += seconds

    def values(self, *names: str, left: float = 30.0) -> dict[str, str]:
        found = self.store.hold(self.vault.values(frozenset(names), self.now + left))
        return {name: value.get_secret_value() for name, value in found.items()}

    def renewed(self, *names: str) -> dict[str, str]:
        seen = self.store.hold(self.vault.values(frozenset(names), self.now + 30))
        found = self.store.hold(self.vault.renewed(frozenset(names), seen, self.now + 30))
        return {name: value.get_secret_value() for name, value in found.items()}


def test_a_value_is_asked_for_once_and_again_after_five_minutes() -> None:
    given = Given(a="1")
    assert [given.values("a") for _ in range(3)] == [{"a": "1"}] * 3
    given.now += KEPT - 1
    given.values("a")
    assert given.store.asked == [["a"]]
    given.now += 2
    given.store.values["a"] = "2"
    assert given.values("a") == {"a": "2"}


def test_all_that_an_endpoint_needs_is_asked_for_together_ten_at_a_time() -> None:
    everything = frozenset(f"k{number:02}" for number in range(12))
    given = Given({frozenset({"k05"}): everything}, **dict.fromkeys(everything, "v"))
    given.values("k05")
    assert [len(names) for names in given.store.asked] == [10, 2]
    given.values("k11", "k00")
    assert len(given.store.asked) == 2


def test_only_what_is_not_known_is_asked_for() -> None:
    given = Given({frozenset({"b"}): frozenset({"a", "b"})}, a="1", b="2")
    given.values("a")
    given.values("b")
    assert given.store.asked == [["a"], ["b"]]


def test_a_secret_that_is_not_there_is_named_and_asked_for_again_after_a_pause() -> None:
    given = Given(a="1")
    for _ in range(2):
        with pytest.raises(SecretMissing, match=r"^the secret 'b' is missing: set the SSM parameter .*b$"):
            given.values("a", "b")
    assert len(given.store.asked) == 1
    given.now += PAUSE + 1
    given.store.values["b"] = "2"
    assert given.values("a", "b") == {"a": "1", "b": "2"}


def test_where_another_sources_secret_is_missing_ones_own_is_there() -> None:
    given = Given({frozenset({"a"}): frozenset({"a", "b"})}, a="1")
    assert given.values("a") == {"a": "1"}
    assert given.values("a") == {"a": "1"}
    assert len(given.store.asked) == 1


@pytest.mark.parametrize("fault", [AwsUnavailable("down"), AwsError("AccessDeniedException", 400, "no")])
def test_a_value_from_before_is_used_while_the_store_fails(fault: Exception) -> None:
    given = Given(a="1")
    given.values("a")
    given.store.fault = fault
    given.now += KEPT + 1
    assert [given.values("a") for _ in range(3)] == [{"a": "1"}] * 3
    assert len(given.store.asked) == 2
    given.store.fault = None
    given.store.values["a"] = "2"
    given.now += PAUSE + 1
    assert given.values("a") == {"a": "2"}


GARBLED: list[Any] = [
    None,
    [],
    "x",
    {},
    {"Parameters": 5},
    {"Parameters": [5]},
    {"Parameters": [{"Name": 1, "Value": "a"}]},
]


@pytest.mark.parametrize("answer", [*GARBLED, {"Parameters": [{"Name": "/p/a", "Value": 7}]}], ids=repr)
def test_an_answer_that_cannot_be_read_is_no_answer(answer: Any) -> None:
    """At a cold start the secret is missing, and later the value from before is used."""
    given = Given(a="1")
    given.store.garbled = [answer]
    with pytest.raises(SecretMissing, match="cannot be read"):
        given.values("a")
    given.now += PAUSE + 1
    assert given.values("a") == {"a": "1"}
    given.now += KEPT + 1
    given.store.garbled = [answer]
    assert given.values("a") == {"a": "1"}


def test_without_a_value_from_before_the_failure_is_told_without_the_next_waiting_for_it_too() -> None:
    given = Given(a="1")
    given.store.fault = AwsUnavailable("ssm did not answer within 2 s")
    for _ in range(3):
        with pytest.raises(SecretMissing, match=r"{!a} cannot be looked up"):
            given.values("a")
    assert len(given.store.asked) == 1
    given.store.fault = None
    given.now += SILENCE
    assert given.values("a") == {"a": "1"}


def test_a_store_that_wants_to_be_asked_later_is_asked_again_within_the_look_up() -> None:
    """One throttled look-up at a cold start fails no request, and the attempts share the time of one."""
    given = Given(a="1")
    given.store.throttled = THROTTLED_ATTEMPTS - 1
    assert given.values("a") == {"a": "1"}
    assert len(given.store.asked) == THROTTLED_ATTEMPTS
    waits = given.store.waits
    assert all(0 <= wait <= 0.1 * 2**n for n, wait in enumerate(waits))
    assert given.store.timeouts == pytest.approx([2.0 - sum(waits[:n]) for n in range(THROTTLED_ATTEMPTS)])


def test_a_store_that_stays_throttled_is_asked_so_often_and_fails_the_call() -> None:
    given = Given(a="1")
    given.store.throttled = 1000
    with pytest.raises(SecretMissing, match="asked too often"):
        given.values("a")
    assert len(given.store.asked) == THROTTLED_ATTEMPTS


def test_no_attempt_begins_when_the_time_of_the_look_up_is_over() -> None:
    given = Given(a="1")
    given.store.throttled = 1000
    with pytest.raises(SecretMissing):
        given.values("a", left=0.0)
    assert (len(given.store.asked), given.store.waits) == (1, [])


def test_a_look_up_has_two_seconds_and_half_of_what_is_left() -> None:
    given = Given(a="1", b="2", c="3")
    given.values("a", left=30)
    given.values("b", left=1)
    given.values("c", left=-1)
    assert given.store.timeouts == [2.0, 0.5, 0.0]


def test_a_value_that_was_refused_is_asked_for_anew_once() -> None:
    given = Given(a="1")
    given.values("a")
    given.store.values["a"] = "2"
    assert given.renewed("a") == {"a": "2"}
    assert given.values("a") == {"a": "2"}
    assert len(given.store.asked) == 2


def test_where_there_is_no_newer_value_it_is_not_asked_for_at_every_refusal() -> None:
    given = Given(a="1")
    assert [given.renewed("a") for _ in range(3)] == [{"a": "1"}] * 3
    assert len(given.store.asked) == 2
    given.now += PAUSE + 1
    given.renewed("a")
    assert len(given.store.asked) == 3


def test_a_refusal_while_the_store_is_down_keeps_the_value() -> None:
    given = Given(a="1")
    given.values("a")
    given.store.fault = AwsUnavailable("down")
    assert given.renewed("a") == {"a": "1"}


def test_who_was_refused_with_an_older_value_gets_the_newer_one_without_asking() -> None:
    given = Given(a="1")
    seen = given.store.hold(given.vault.values(frozenset("a"), given.now + 30))
    given.store.values["a"] = "2"
    given.renewed("a")
    before = len(given.store.asked)
    found = given.store.hold(given.vault.renewed(frozenset("a"), seen, given.now + 30))
    assert found["a"].get_secret_value() == "2"
    assert len(given.store.asked) == before


def test_values_do_not_show() -> None:
    given = Given(a="the-value")
    given.values("a")
    assert "the-value" not in repr(vars(given.vault))
    assert given.redaction("it is the-value") == "it is [a]"


def test_secrets_manager_is_asked_for_twenty_at_once() -> None:
    names = [f"k{number:02}" for number in range(21)]
    conversation = SecretsManager("fanin/").values(names, 1.0)
    first = next(conversation)
    assert isinstance(first, AskAws)
    assert (first.service, first.operation, len(first.payload["SecretIdList"])) == (
        "secretsmanager",
        "BatchGetSecretValue",
        20,
    )
    second = conversation.send({"SecretValues": [{"Name": "fanin/k00", "SecretString": "v"}, {"Name": "fanin/k01"}]})
    assert isinstance(second, AskAws)
    assert second.payload["SecretIdList"] == ["fanin/k20"]
    with pytest.raises(StopIteration) as ended:
        conversation.send({"SecretValues": [], "Errors": [_error("fanin/k20", "ResourceNotFoundException")]})
    assert ended.value.value == {"k00": "v"}
    assert not isinstance(first, SendRequest)


def _error(secret: str, code: str) -> dict[str, str]:
    return {"SecretId": secret, "ErrorCode": code, "Message": "why"}


class Manager(Store):
    """Secrets Manager, which refuses some secrets and gives the others."""

    refused: Mapping[str, str] = {}

    def _answer(self, question: object) -> Any:
        match question:
            case AskAws("secretsmanager", "BatchGetSecretValue", payload, _):
                names = [name.removeprefix("p/") for name in payload["SecretIdList"]]
                given = [name for name in names if name in self.values and name not in self.refused]
                codes = {name: self.refused.get(name, "ResourceNotFoundException") for name in names}
                return {
                    "SecretValues": [{"Name": f"p/{name}", "SecretString": self.values[name]} for name in given],
                    "Errors": [_error(f"p/{name}", code) for name, code in codes.items() if name not in given],
                }
        return super()._answer(question)


class TestSomeRefused:
    """Secrets Manager answers with what it gives, and says of each of the others why not."""

    def given(self, **refused: str) -> tuple[Given, Manager]:
        manager = Manager(a="1", b="2")
        manager.refused = refused
        given = Given()
        given.store = manager
        given.vault = Vault(SecretsManager("p/"), {}, given.redaction, lambda: given.now)
        return given, manager

    def test_the_others_are_given_and_the_reason_is_told(self) -> None:
        given, _ = self.given(b="DecryptionFailure")
        assert given.values("a") == {"a": "1"}
        with pytest.raises(SecretMissing, match="the secret 'b' cannot be looked up: DecryptionFailure: why"):
            given.values("a", "b")
        with pytest.raises(SecretMissing, match="the secret 'c' is missing"):
            given.values("c")

    def test_an_older_value_stands_in_for_a_while(self) -> None:
        given, manager = self.given()
        assert given.values("a", "b") == {"a": "1", "b": "2"}
        manager.refused = {"b": "InternalServiceError"}
        given.now += KEPT + 1
        assert given.values("a", "b") == {"a": "1", "b": "2"}
        manager.refused, manager.values = {}, {"a": "1", "b": "3"}
        assert given.values("b") == {"b": "2"}
        given.now += PAUSE + 1
        assert given.values("b") == {"b": "3"}

    def test_one_that_is_deleted_is_missing(self) -> None:
        given, manager = self.given()
        assert given.values("b") == {"b": "2"}
        del manager.values["b"]
        given.now += KEPT + 1
        with pytest.raises(SecretMissing, match="is missing"):
            given.values("b")
