"""What the commands of the Makefile run, with the demo upstream, and what `fanin new` writes. Nothing is deployed."""
