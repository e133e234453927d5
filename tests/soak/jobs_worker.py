"""One process of the jobs' function, as Lambda runs it: `python -m tests.soak.jobs_worker FOLDER QUEUE|minute`.

It hands each message of the queue to the handler, and takes those from the queue that are done with; or it has the
handler look for what is overdue, every ten seconds. It goes on until it is killed, or whoever started it is gone.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from fanin.aws.client_blocking import BlockingAws
from fanin.compose.jobs import jobs
from fanin.errors import AwsUnavailable
from fanin.sources.tls import tls_context


class Context:
    """Lambda's context, with all of the function's time left."""

    aws_request_id = "soak"

    def get_remaining_time_in_millis(self) -> int:
        """Give 15 minutes."""
        return 900_000


def main(folder: str, queue: str) -> None:
    """Work."""
    handler, parent = jobs(Path(folder), os.environ), os.getppid()
    if queue == "minute":
        while os.getppid() == parent:
            handler({"rule": "minute"}, Context())
            time.sleep(10)
    aws = BlockingAws(os.environ, tls_context())
    wanted: dict[str, Any] = {"QueueUrl": queue, "AttributeNames": ["ApproximateReceiveCount"], "WaitTimeSeconds": 1}
    while os.getppid() == parent:
        try:
            for message in aws.call("sqs", "ReceiveMessage", wanted, timeout=10).get("Messages", []):
                record = {"messageId": message["MessageId"], "body": message["Body"]}
                event: dict[str, Any] = {"Records": [record | {"attributes": message["Attributes"]}]}
                if not handler(event, Context())["batchItemFailures"]:
                    done = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
                    aws.call("sqs", "DeleteMessage", done, timeout=10)
        except AwsUnavailable:
            time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
