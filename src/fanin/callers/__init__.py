"""Who asks: how fanin tells one caller from another, a room for each kind of credentials that clients have."""
