"""FastAPI, imported without building the validators of the models that describe an API.

They are a seventh of FastAPI's import, and only `/openapi.json` needs them: pydantic builds each when it is first used.
The gateway takes its router from here, before anything else imports FastAPI; if FastAPI is imported already, that
changes nothing.

`BaseModel.model_config` is pydantic's public place for what all models inherit. It says so only while FastAPI is
imported, which imports no models of a user. docs/decisions/0077-a-cold-start-makes-what-it-uses.md has the figures.
"""

from pydantic import BaseModel

assert "defer_build" not in BaseModel.model_config
BaseModel.model_config["defer_build"] = True
try:
    from fastapi import APIRouter
finally:
    del BaseModel.model_config["defer_build"]

__all__ = ["APIRouter"]
