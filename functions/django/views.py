"""Every endpoint of fanin.toml by a sync view and by an async one, to be read side by side."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from fanin.compose.django import django
from fanin.entrypoints.django.endpoints import ServedEndpoint
from fanin.entrypoints.django.lasting_loop import on_lasting_loop

site = django(Path(__file__).parent, os.environ)


def one_after_another(endpoint: ServedEndpoint, request: HttpRequest, /, **path: str) -> HttpResponse:
    """Make each call with requests when the one before has ended; the worker is held until the last has."""
    begun = endpoint.begin(request, path)
    return begun.respond(site.one_after_another(begun.aggregation))


async def all_at_once(endpoint: ServedEndpoint, request: HttpRequest, /, **path: str) -> HttpResponse:
    """Make each call with httpx the moment its references are there; the worker is free while they run."""
    return await on_lasting_loop(request, answered(endpoint, request, path))


async def answered(endpoint: ServedEndpoint, request: HttpRequest, path: Mapping[str, str]) -> HttpResponse:
    """Answer on the loop that lasts, where connections to sources stay open."""
    begun = await endpoint.abegin(request, path)
    return begun.respond(await site.all_at_once(begun.aggregation))
