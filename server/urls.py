"""The admin, and the endpoints by Django's views, as in the Django function."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from urls import handler404, handler500
from urls import urlpatterns as endpoints

__all__ = ["handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    *endpoints,
]
