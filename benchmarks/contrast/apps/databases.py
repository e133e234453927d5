"""FastAPI that asks a database as tutorials write it: drivers and SQLAlchemy as they come, and nothing of fanin."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import psycopg
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

POOL: Final = 50
URL: Final = os.environ["CONTRAST_DATABASE"]
QUERY: Final = os.environ["CONTRAST_QUERY"]
engine = create_async_engine(URL.replace("://", "+asyncpg://"), pool_size=POOL, max_overflow=0)
blocking_engine = create_engine(URL.replace("://", "+psycopg://"), pool_size=POOL, max_overflow=0)


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(URL, min_size=1, max_size=POOL) as app.state.pool:
        yield


app = FastAPI(lifespan=_pool)


@app.get("/asyncpg")
async def by_driver() -> Any:
    """Ask with the driver's own pool."""
    return [dict(row) for row in await app.state.pool.fetch(QUERY)]


@app.get("/sqlalchemy")
async def by_sqlalchemy() -> Any:
    """Ask with SQLAlchemy's asynchronous side."""
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(QUERY))).mappings()]


@app.get("/threads")
def in_threads() -> Any:
    """Ask with SQLAlchemy's synchronous side, in FastAPI's threads."""
    with blocking_engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(QUERY)).mappings()]


_own: list[psycopg.Connection[Any]] = []


@app.get("/blocking")
async def blocking() -> Any:
    """Ask with a synchronous driver, which holds the event loop meanwhile."""
    if not _own:
        _own.append(psycopg.connect(URL, autocommit=True))
    return _own[0].execute(QUERY).fetchone()
