"""Pretraining: from text, translations and word lists to an encoder."""
