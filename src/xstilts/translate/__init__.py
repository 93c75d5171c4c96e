"""Machine translation of training data: sentences through a model, spans between marks."""
