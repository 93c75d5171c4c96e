"""Readers: one published file layout (or family of layouts) in each module. A reader turns files into rows."""
