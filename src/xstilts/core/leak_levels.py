"""How alike a test row and a training row are, in the words of the leakage audit (`data/leakage` says what each is)."""

LEVELS = ("exact", "normalised", "near", "run")  # the strongest first
SAME = LEVELS[:2]  # of rows that say the same
