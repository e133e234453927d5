"""The settings of the project: JSON from other people's APIs, and nothing that signs, stores or renders."""

import secrets

DEBUG = False
ROOT_URLCONF = "urls"
MIDDLEWARE = ["fanin.entrypoints.django.problems.Problems"]
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, object] = {}
USE_I18N = False
TIME_ZONE = "UTC"  # Django makes it the whole process's, and has that of Chicago where none is named
LOGGING_CONFIG = None  # Lambda's, or the server's, is in force already

# Nothing is signed; Django wants a key all the same. One that nobody knows, another for each process.
SECRET_KEY = secrets.token_urlsafe(64)

# No view asks for the host's name, and API Gateway takes requests for its own names alone.
ALLOWED_HOSTS = ["*"]

# What `manage.py check --deploy` asks for that these views have no use for. docs/django.md goes through all it says.
SILENCED_SYSTEM_CHECKS = [
    "security.W001",  # SecurityMiddleware: HSTS and redirects to HTTPS are API Gateway's, which serves HTTPS alone
    "security.W002",  # XFrameOptionsMiddleware: the answers are JSON, with nothing to click on
    "security.W003",  # CsrfViewMiddleware: no view knows its caller by a session, so there is nothing to forge
]
