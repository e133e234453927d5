"""The application, as Django knows it."""

from django.apps import AppConfig


class Calls(AppConfig):
    """The call log."""

    name = "server.calls"
    label = "calls"
    verbose_name = "Call log"
