"""A runtime of fanin's own for the managed python3.13: one event loop, and answers that go out as they come.

`AWS_LAMBDA_EXEC_WRAPPER=/opt/fanin-runtime` starts it in the place of AWS's own, with the same handler. It speaks
Lambda's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""
