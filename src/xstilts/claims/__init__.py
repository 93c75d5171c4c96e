"""Claims: sentences with a predicate over scores, and what the scores say of them."""
