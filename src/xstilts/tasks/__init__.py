"""Data sets, declared as values. Torch-free; importing every task takes well under a second."""
