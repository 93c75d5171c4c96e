"""The training loop. It knows no task."""
