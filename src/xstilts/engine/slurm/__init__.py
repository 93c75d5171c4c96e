"""Slurm: options of its jobs, its programs, and what is kept of each job in the store."""
