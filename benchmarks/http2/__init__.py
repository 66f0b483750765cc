"""HTTP/2 alone, without sockets: the engine beside stock h2."""
