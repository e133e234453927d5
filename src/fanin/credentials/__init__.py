"""How fanin proves who it is to sources: secrets, kinds of authentication, and the flows that get tokens."""
