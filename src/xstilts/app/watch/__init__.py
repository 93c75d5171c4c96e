"""`xstilts watch`: a study while it runs, on a page of this machine."""
