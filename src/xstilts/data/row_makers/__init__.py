"""Row makers: one input shape in each module. A row maker turns a row into an example."""
