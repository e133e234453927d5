"""The project for any WSGI server: `gunicorn wsgi`."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from fanin.entrypoints.servers.wsgi import Limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

django = get_wsgi_application()
site = import_module("urls").site  # fanin.toml is read now, and not by the first request
application = Limits(django, cors=site.cors, watch=site.watch, problem_types=site.problem_types)
