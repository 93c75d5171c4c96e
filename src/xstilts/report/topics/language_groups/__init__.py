"""Groups of languages in the report: gains by family, script, distance to English, corpus size and pretraining."""
