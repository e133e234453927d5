"""What the tests of one's own endpoints and handlers import: fanin.toml served without a network, and without waiting.

    app = App("fanin.toml", {"geo": gives({"results": []}), "air": fails(SourceTimeout)})
    reply = app.get("/trip/Lisbon")
    assert reply.status == 404

Needs the packages of the extra `gateway`. docs/testing.md shows it at work.
"""

from fanin.testing.app import App
from fanin.testing.reply import Reply
from fanin.testing.scripts import Script, fails, gives, hangs
from fanin.testing.source import FakeSource

__all__ = ["App", "FakeSource", "Reply", "Script", "fails", "gives", "hangs"]
