"""Words every layer shares: errors, identities, languages, atomic files. Imports nothing of xstilts."""
