"""The load generator: closed and open loops over HTTP/1.1, in a process of its own, off the measured core."""
