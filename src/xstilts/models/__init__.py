"""Models on this disk, found by name: encoders, translators, and those that come with the program."""
