"""The demo upstream, and fakes of any API.

The demo upstream is the public APIs that fanin.toml reads from, played from a small world of sample data.

Each API answers under its own prefix with the paths, shapes and errors that it documents, and with the same values
at every call. Over `/_control`, any of them can be told to be slow or to fail, in all the ways that a server can.

Fakes answer what the upstream.toml beside a fanin.toml says: script_file.py has its format, script.py what it means,
scripted.py the servers, and fakes.py the command.
"""
