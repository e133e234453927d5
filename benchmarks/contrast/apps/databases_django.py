"""Django that asks a database as tutorials write it: a sync view, and SQLAlchemy's synchronous side."""

import os
from typing import Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from sqlalchemy import create_engine, text

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])
QUERY: Final = os.environ["CONTRAST_QUERY"]
engine = create_engine(os.environ["CONTRAST_DATABASE"].replace("://", "+psycopg://"), pool_size=50, max_overflow=0)


def read(_: HttpRequest) -> JsonResponse:
    """Ask the database, and answer with its row."""
    with engine.connect() as connection:
        return JsonResponse([dict(row) for row in connection.execute(text(QUERY)).mappings()], safe=False)


urlpatterns = [path("", read)]
application = get_wsgi_application()
