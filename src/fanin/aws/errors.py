"""How a call of a service of AWS's fails.

AwsError            it refused what fanin asked of it
AwsUnavailable      it did not answer, or asks to be asked later
└── AwsThrottled    it asks to be asked later, for the number of requests
"""

from fanin.errors import FaninError


class AwsError(FaninError):
    """A service of AWS's refused what fanin asked of it.

    Args:
        code: the service's own name for it, such as `ConditionalCheckFailedException`; empty where it gave none.
        status: the HTTP status of its answer.
        message: what it said, for the log.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(f"{code or 'no code'}, status {status}: {message}")
        self.code = code
        self.status = status
        self.message = message


class AwsUnavailable(FaninError):
    """A service of AWS's did not answer in time, cannot be reached, or asks to be asked later."""


class AwsThrottled(AwsUnavailable):
    """A service of AWS's is asked too often, and wants to be asked later."""
