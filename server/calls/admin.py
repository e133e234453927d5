"""The call log in the admin: to be searched and filtered, and written by nobody."""

from django.contrib import admin
from django.http import HttpRequest

from server.calls.models import Call

admin.site.site_title = admin.site.site_header = "fanin"
admin.site.index_title = "One process: FastAPI, Django and this admin"
admin.site.enable_nav_sidebar = False  # there is one list to go to


@admin.register(Call)
class CallAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """The list of calls, and the page of each."""

    list_display = ("at", "path", "source", "outcome", "status", "duration_ms", "attempts")
    list_filter = ("source", "outcome", "status", "at", "endpoint")
    search_fields = ("path", "request_id", "source", "detail")
    date_hierarchy = "at"
    list_per_page = 50
    show_full_result_count = False  # counting every row of a long log takes longer than showing some

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - as Django calls it
        """The server adds, and nobody else."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:  # noqa: ARG002 - likewise
        """What has been is not changed."""
        return False
