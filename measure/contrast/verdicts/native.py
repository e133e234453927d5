"""WebSockets and async database calls come natively."""

from measure.contrast.figures import Figures
from measure.contrast.probe_figures import ProbeFigures
from measure.contrast.spelling import times
from measure.contrast.verdicts.finding import ALIKE, LAMBDA, SERVER, WITHIN, Finding, Held, Verdict, probed, told


def verdict(figures: Figures) -> Verdict:
    """Answer the claim."""
    return Verdict(
        "WebSockets and async database calls come natively.",
        (probed(figures, SERVER, _server), probed(figures, LAMBDA, _across), probed(figures, WITHIN, _within)),
        "Sockets opened at once against one worker of Uvicorn; SQLite, each connection in a thread of its own as "
        "aiosqlite has it, with queries that sleep for 100 ms in place of a database on the network, and with queries "
        "that count.",
    )


def _server(found: ProbeFigures) -> Finding:
    return Finding(
        SERVER,
        Held.by(found.waiting["uvicorn"].times),
        told(
            f"One worker held {found.socket_ms.rounds:,} WebSockets, {found.socket_kb:,.0f} kB each, and sent a "
            "message "
            f"back in {found.socket_ms.median:.2f} ms.",
            _queries(found, "uvicorn"),
        ),
    )


def _across(found: ProbeFigures) -> Finding:
    return Finding(
        LAMBDA,
        Held.NO if found.socket_refused else Held.PART,
        told(
            "The gateway function refuses a WebSocket's event: no function can hold a socket."
            if found.socket_refused
            else "The gateway function takes a WebSocket's event.",
            "API Gateway holds the sockets, and each message is an invocation of its own, which fanin's live function "
            "answers without an ASGI server.",
        ),
    )


def _within(found: ProbeFigures) -> Finding:
    return Finding(WITHIN, Held.by(found.waiting["lambda"].times), _queries(found, "lambda"))


def _queries(found: ProbeFigures, place: str) -> str:
    waiting, computing = found.waiting[place], found.computing[place]
    return told(
        f"8 queries that wait for a database took {times(waiting)} as long in turn as at once; 8 that the same "
        "processor "
        f"works on {times(computing)}.",
        "Waiting is what async saves, not work." if waiting.times > ALIKE >= computing.times else "",
    )
