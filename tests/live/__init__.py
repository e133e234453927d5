"""The protocol of fanin.live, its ways in, and its clients."""
