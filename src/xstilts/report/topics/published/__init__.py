"""The published topic: a study's scores next to published rows, and in plain words how the two differ."""
