"""Layouts of data files that nobody has described: which reader fits, what its columns are, which language it is in."""
