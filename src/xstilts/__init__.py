"""Intermediate-task training across languages."""
