"""Bad input, generated over every surface of the command line, and what becomes of it."""
