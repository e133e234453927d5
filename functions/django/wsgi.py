"""The project for any WSGI server: `gunicorn wsgi`."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from fanin.entrypoints.servers.wsgi import Limits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

application = Limits(get_wsgi_application())
import_module("urls")  # fanin.toml is read now, and not by the first request
