"""What a server's code means, and that retry and breaker take it for what it is."""

import pytest

from fanin.errors import SourceError, SourceRejected, SourceTimeout, SourceUnavailable
from fanin.sources.sql.failures import failure_of, is_login


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("40001", SourceUnavailable),  # serialization_failure
        ("40P01", SourceUnavailable),  # deadlock_detected
        ("55P03", SourceUnavailable),  # lock_not_available
        ("08006", SourceUnavailable),  # connection_failure
        ("53300", SourceUnavailable),  # too_many_connections
        ("57P01", SourceUnavailable),  # admin_shutdown
        ("57P03", SourceUnavailable),  # cannot_connect_now
        ("58030", SourceUnavailable),  # io_error
        ("57014", SourceTimeout),  # query_canceled
        ("40002", SourceRejected),  # transaction_integrity_constraint_violation
        ("22P02", SourceRejected),  # invalid_text_representation
        ("23505", SourceRejected),  # unique_violation
        ("25006", SourceRejected),  # read_only_sql_transaction
        ("42P01", SourceRejected),  # undefined_table
        ("42501", SourceRejected),  # insufficient_privilege
        ("", SourceRejected),
    ],
)
def test_a_code_means_one_kind_of_failure(sqlstate: str, kind: type[SourceError]) -> None:
    error = failure_of("orders", sqlstate)
    assert type(error) is kind
    assert error.retryable == (kind is not SourceRejected)
    assert error.reason == (f"SQLSTATE {sqlstate}" if sqlstate else "")
    assert sqlstate not in error.detail or not sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "means_it"), [("28P01", True), ("28000", True), ("3D000", True), ("42501", False)]
)
def test_some_codes_mean_the_login(sqlstate: str, means_it: bool) -> None:  # noqa: FBT001 - a column
    assert is_login(sqlstate) is means_it
