"""Data: examples, sources, readers, row makers, the hub. Torch-free."""
