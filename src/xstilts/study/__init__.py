"""Studies: schema, phases, strategies, expansion, checks. Never imports torch."""
