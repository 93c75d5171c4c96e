"""Where rows come from: examples, sources, readers, the hub, mixing. Torch-free."""
