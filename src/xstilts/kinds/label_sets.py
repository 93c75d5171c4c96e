"""Label sets that tasks and users' own data share: universal relations, roles of PropBank."""

from __future__ import annotations

# The universal relations of EWT's training sentences. Some treebanks have "clf" (classifiers), which English lacks.
_UNIVERSAL_RELATIONS = """
acl advcl advmod amod appos aux case cc ccomp compound conj cop csubj dep det discourse dislocated expl fixed flat
goeswith iobj list mark nmod nsubj nummod obj obl orphan parataxis punct reparandum root vocative xcomp
"""
UNIVERSAL_RELATIONS = tuple(_UNIVERSAL_RELATIONS.split())

# The roles of EWT's training sentences, the commonest first; "V" is the predicate and no role. Test sentences have
# one more ("R-ARGM-ADJ"), once.
_PROPBANK_ROLES = """
ARG1 ARG0 ARG2 ARGM-TMP ARGM-ADV ARGM-MOD ARGM-NEG ARGM-ADJ ARGM-LOC ARGM-MNR ARGM-DIS ARGM-EXT ARGM-PRP R-ARG1 ARG3
R-ARG0 ARGM-CAU ARGM-PRR ARGM-LVB ARGM-DIR ARGM-PRD C-ARG1 ARG4 ARGM-GOL ARGM-CXN ARGM-COM C-ARG2 C-ARGM-CXN
R-ARGM-LOC R-ARG2 R-ARGM-TMP R-ARGM-ADV C-ARG0 ARGM-REC C-ARG3 C-ARGM-LOC C-ARG1-DSP ARG1-DSP R-ARGM-CAU R-ARGM-MNR
R-ARG3 C-ARG4 ARG5 C-ARGM-TMP C-ARGM-MNR R-ARGM-GOL R-ARG4 C-ARGM-DIR C-ARGM-PRR C-ARGM-PRP R-ARGM-DIR C-ARGM-ADV
C-ARGM-EXT C-ARGM-COM R-ARGM-COM ARGA C-ARGM-GOL
"""
PROPBANK_ROLES = tuple(_PROPBANK_ROLES.split())
