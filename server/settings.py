"""The settings of the server's Django: the views of functions/django, and an admin for the call log."""

import os
import secrets
from pathlib import Path

import dj_database_url

from fanin.local.process import hosts

FOLDER = Path(__file__).parents[1] / "build/server"
"""What the server keeps."""

DEBUG = False
ROOT_URLCONF = "server.urls"
ALLOWED_HOSTS = hosts.served(os.environ)
SECRET_KEY = os.environ.get("FANIN_SECRET_KEY") or secrets.token_urlsafe(64)  # a new one ends every session
LOGGING_CONFIG = None  # fanin's is in force
USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "server.calls",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "fanin.entrypoints.django.problems.Problems",
    "server.logins.Throttled",
]
AUTHENTICATION_BACKENDS = ["server.logins.ThrottledBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# SQLite in a file, or what DATABASE_URL names, such as postgresql://user:password@host/name.
DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{FOLDER / 'calls.sqlite3'}", conn_max_age=600)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # The admin reads while the log is written, and a writer waits for another.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
