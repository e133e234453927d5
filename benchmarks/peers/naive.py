"""The careless function with a table beside it: FastAPI, Mangum, httpx and boto3, imported by every cold start."""

import boto3
from careless import app
from mangum import Mangum

table = boto3.resource("dynamodb", region_name="eu-west-1").Table("answers")
handler = Mangum(app)
