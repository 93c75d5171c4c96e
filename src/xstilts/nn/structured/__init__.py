"""Networks and decoders over pairs of words: trees, predicates with arguments, tag sequences."""
