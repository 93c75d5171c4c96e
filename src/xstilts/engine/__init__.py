"""The run graph: steps, their identity, the store, the runner and its backends. Knows no NLP."""
