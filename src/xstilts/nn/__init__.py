"""The torch side below the heads: packed batches, the encoder, attention."""
