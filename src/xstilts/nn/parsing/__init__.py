"""Parses by generation: the grammar of brackets, the decoder with pointers, the search."""
