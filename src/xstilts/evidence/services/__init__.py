"""Services that list works: what each is asked, and how its answers are read."""
