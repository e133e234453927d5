"""A stack of the template before alarms and releases takes today's in one deployment, and keeps every row."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from fanin.local.process.processes import Processes
from fanin.local.sam import environments
from fanin.local.sam.environments import LOCAL
from fanin.local.stack import deployment, servers
from tests.slow.kept import Kept
from tests.stack.conftest import local_build, processes

__all__ = ["local_build", "processes"]

OLDER: Final = Path(__file__).parent / "older/template-2026-11-29.yaml"


def test_one_deployment_from_the_older_template_to_todays_loses_no_row(local_build: Path, processes: Processes) -> None:
    """And the APIs keep their addresses, since clients know them."""
    aws = servers.embedded_aws(processes)
    aws.wait()
    today = environments.read(LOCAL)
    older = replace(today, parameters={"LogRetentionDays": "1"})
    before = deployment.deploy(older, OLDER, {}, aws, processes)
    kept, apis = Kept.put_into(before), {before.ids["Api"], before.ids["LiveApi"]}
    assert len(kept.logs) == 7

    given = {"PointInTimeRecovery": "on"}
    after = deployment.deploy(today, local_build / "template.yaml", given, aws, processes)

    assert "GatewayErrorsAlarm" in after.ids
    assert kept.missing_from(after) == []
    assert {after.ids["Api"], after.ids["LiveApi"]} == apis
