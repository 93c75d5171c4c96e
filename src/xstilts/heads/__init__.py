"""One file per kind: collate, forward, loss, decode."""
