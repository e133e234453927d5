"""Where the endpoints are: the async view's below the sync view's, and so before it."""

from django.urls import include, path

from fanin.entrypoints.django.problems import failed, not_found
from views import all_at_once, one_after_another, site

urlpatterns = [
    path("django/async/", include(site.patterns(all_at_once))),
    path("django/", include(site.patterns(one_after_another))),
]
handler404 = not_found
handler500 = failed
