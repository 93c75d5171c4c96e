"""Experiment trackers: where a study's curves, scores and report can go besides its own store, one file each."""
