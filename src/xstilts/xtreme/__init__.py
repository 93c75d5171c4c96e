"""XTREME's and XTREME-R's submission folders: reading, scoring as the official program does, and writing them."""
