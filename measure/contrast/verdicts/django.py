"""Django: its async views, and Django beside FastAPI in one process."""

from measure.contrast.figures import Figures
from measure.contrast.lambda_figures import LambdaFigures
from measure.contrast.models import ASYNC
from measure.contrast.server_figures import ServerFigures
from measure.contrast.spelling import number, times
from measure.contrast.verdicts import looking
from measure.contrast.verdicts.finding import (
    ALIKE,
    LAMBDA,
    SERVER,
    WITHIN,
    Finding,
    Held,
    Verdict,
    on_lambda,
    on_server,
    told,
    within,
)


def async_views(figures: Figures) -> Verdict:
    """Answer the claim about async views."""
    return Verdict(
        "Django's async views give the same under an ASGI server.",
        (on_server(figures, _server), on_lambda(figures, _across), within(figures, _within)),
        "The Django function's project under Uvicorn and Gunicorn, and in Lambda's runtime, over the same sources.",
    )


def in_one_process(figures: Figures) -> Verdict:
    """Answer the claim about one process."""
    return Verdict(
        "Django and FastAPI can live in one ASGI server.",
        (on_server(figures, _together),),
        "Django mounted inside FastAPI in one Uvicorn, as `make serve` has it, each one's endpoint measured by itself.",
    )


def _server(figures: ServerFigures) -> Finding | None:
    many, row = looking.crowd(figures)
    django, threads = row.get("django-async"), row.get("gunicorn-threads")
    if django is None or django.behind is None or threads is None or not threads.throughput.median:
        return None
    against_threads = django.throughput.median / threads.throughput.median
    return Finding(
        SERVER,
        Held.YES if django.behind.times <= ALIKE else Held.PART if against_threads > ALIKE else Held.NO,
        told(
            f"To {many} Django's async view gives {django.throughput.median:,.0f} answers a second, "
            f"{against_threads:.1f} times what its sync view gives on 40 threads; FastAPI gives {times(django.behind)} "
            f"as many. Django spends {number(django.cpu_ms, 2)} ms of processor time on an answer, FastAPI "
            f"{number(row[ASYNC].cpu_ms if ASYNC in row else None, 2)} ms.",
            _plain_view(figures),
        ),
    )


def _plain_view(figures: ServerFigures) -> str:
    found = looking.most(figures, "django-asgi")
    if found is None:
        return ""
    asked, of, row = found
    worker = row.get("gunicorn-sync")
    if worker is None:
        return ""
    if of.throughput.median > worker.throughput.median * ALIKE:
        return (
            f"Its sync view under an ASGI server is run in threads, {of.throughput.median:,.0f} answers a second to "
            f"{asked}."
        )
    return (
        f"Its sync view under an ASGI server is no faster than a single synchronous worker, "
        f"{of.throughput.median:,.1f} answers a second to {asked}: Django runs the sync views of a process in one "
        "thread "
        "there."
    )


def _across(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.single(figures)
    django, plain = warm.get("django-async"), warm.get("django")
    if django is None or plain is None:
        return None
    held = Held.NO if django.billed_ms >= plain.billed_ms / ALIKE else Held.PART
    return Finding(
        LAMBDA,
        held,
        told(
            f"With {asked} a request the async view is billed {django.billed_ms:,.0f} ms, the sync view "
            f"{plain.billed_ms:,.0f} ms.",
            "Across requests, neither frees anything." if held is Held.NO else "",
        ),
    )


def _within(figures: LambdaFigures) -> Finding | None:
    asked, warm = looking.fan_out(figures)
    django, plain = warm.get("django-async"), warm.get("django")
    if django is None or plain is None or django.against_async is None:
        return None
    return Finding(
        WITHIN,
        Held.YES if django.against_async.times <= ALIKE else Held.PART,
        f"For {asked} the async view is billed {times(django.against_async)} as much as FastAPI's, and the sync view "
        f"{plain.billed_ms / django.billed_ms:.1f} times as much as the async one.",
    )


def _together(figures: ServerFigures) -> Finding | None:
    many, row = looking.crowd(figures)
    fast, django, alone = row.get("one-process"), row.get("one-process-django"), row.get(ASYNC)
    views = row.get("django-async")
    if fast is None or django is None or alone is None or fast.behind is None or views is None:
        return None
    kept = fast.behind.times <= ALIKE and django.throughput.median * ALIKE >= views.throughput.median
    return Finding(
        SERVER,
        Held.YES if kept else Held.PART,
        told(
            f"In one Uvicorn, FastAPI's endpoint gives {fast.throughput.median:,.0f} answers a second to {many}, and "
            "Django's "
            f"async view beside it {django.throughput.median:,.0f}; without Django, FastAPI gives {times(fast.behind)} "
            "as many. They share the process: its loop, its processor, and its memory, "
            f"{fast.resident_mb:,.0f} MB against {alone.resident_mb:,.0f} MB.",
            _garbage(row),
        ),
    )


def _garbage(row: looking.Row) -> str:
    if (gained := looking.collected_seldom(row)) is None:
        return ""
    return (
        "And its garbage: Django's requests leave some, so it is collected as often as Python decides, and without "
        f"Django seldom, which alone makes {times(gained)} as many."
    )
