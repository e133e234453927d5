"""The project for any ASGI server: `uvicorn asgi:application`."""

import os
from importlib import import_module

from django.core.asgi import get_asgi_application

from fanin.entrypoints.servers.asgi import Limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

django = get_asgi_application()
site = import_module("urls").site  # fanin.toml is read now, and not by the first request
application = Limits(django, cors=site.cors, watch=site.watch, problem_types=site.problem_types)
