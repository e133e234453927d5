"""The protocol of fanin.entrypoints.websocket, its ways in, and its clients."""
