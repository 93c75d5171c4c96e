"""Trees, semantic roles and sentence boundaries as plain values."""
