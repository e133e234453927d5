"""How sources know fanin: credentials in requests, tokens, and both renewed where a source refuses them."""
