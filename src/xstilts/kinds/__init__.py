"""One torch-free file per output shape: encode, pair gold with guess, default metric, floor."""
