"""A runtime of our own, before a Runtime API of our own and before AWS's emulator."""
