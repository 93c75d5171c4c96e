"""Readers: one published file layout a module. A reader turns files into rows."""
