"""Django as tutorials write it: a sync view that calls `requests.get()`, without a session."""

import os

import requests
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])
url = os.environ["CONTRAST_UPSTREAM"]


def read(_: HttpRequest) -> JsonResponse:
    """Ask the upstream, and answer with what it said."""
    return JsonResponse(requests.get(url, timeout=30).json())


urlpatterns = [path("", read)]
application = get_wsgi_application()
