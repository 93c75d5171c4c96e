"""The joint labels of relations and semantic roles that occur in English training sentences.

The joint labels of a tree's relations and its semantic roles (`data.syntax.joint_labels`) that occur twice or more in
the training sentences of UD EWT with English PropBank: 99.7 % of the words of its test sentences have one of them.
"""

from __future__ import annotations

from xstilts.tasks.sources import names

JOINT_RELATIONS: tuple[str, ...] = names(
    """
acl|ARG0|_|ARG1 acl|ARG0|_|_ acl|ARG1|(ARG0,ARG0)|_ acl|ARG1|_|ARG0 acl|ARG1|_|ARG1 acl|ARG1|_|ARG2
acl|ARG1|_|ARGM-ADV acl|ARG1|_|ARGM-MNR acl|ARG1|_|_ acl|ARG2|(ARG0,ARG0)|_ acl|ARG2|_|ARGM-ADV acl|ARG2|_|ARGM-MNR
acl|ARG2|_|_ acl|ARG3|_|ARG1 acl|ARG4|_|_ acl|ARGM-ADJ|_|ARG0 acl|ARGM-ADJ|_|ARG1 acl|ARGM-ADJ|_|ARG2
acl|ARGM-ADJ|_|ARGM-ADV acl|ARGM-ADJ|_|ARGM-LOC acl|ARGM-ADJ|_|ARGM-MNR acl|ARGM-ADJ|_|_ acl|ARGM-ADV|_|ARG1
acl|ARGM-LVB|_|ARGM-PRR acl|ARGM-PRD|(ARGM-ADJ,ARGM-ADV)|ARG1 acl|ARGM-PRD|_|ARG0 acl|ARGM-PRD|_|ARG1 acl|ARGM-PRD|_|_
acl|ARGM-PRP|_|ARG0 acl|ARGM-PRP|_|ARGM-LOC acl|ARGM-PRP|_|_ acl|ARGM-TMP|_|ARGM-TMP acl|ARGM-TMP|_|_ acl|C-ARG1|_|_
acl|_|(ARG0,ARG0)|ARG1 acl|_|(ARG0,ARG0)|ARGM-TMP acl|_|(ARG0,ARG0)|_ acl|_|(ARG1,ARG0)|_ acl|_|(ARG1,ARG1)|_
acl|_|(ARG2,ARG0)|ARGM-TMP acl|_|(ARG2,ARG2)|_ acl|_|_|ARG0 acl|_|_|ARG1 acl|_|_|ARG2 acl|_|_|ARG3 acl|_|_|ARG4
acl|_|_|ARGM-ADV acl|_|_|ARGM-CAU acl|_|_|ARGM-COM acl|_|_|ARGM-DIR acl|_|_|ARGM-GOL acl|_|_|ARGM-LOC acl|_|_|ARGM-MNR
acl|_|_|ARGM-PRP acl|_|_|ARGM-TMP acl|_|_|_ advcl|*ARG1|_|ARG0 advcl|*ARG1|_|_ advcl|*ARGM-ADV|_|_ advcl|*ARGM-CAU|_|_
advcl|*ARGM-MNR|_|_ advcl|*ARGM-PRP|_|_ advcl|*ARGM-TMP|_|_ advcl|ARG0|(ARG1,ARG0)|_ advcl|ARG0|(ARG2,ARG0)|_
advcl|ARG0|_|_ advcl|ARG1+|(*ARG0,ARG0)|_ advcl|ARG1+|(ARG0,ARG0)|_ advcl|ARG1+|_|_ advcl|ARG1|(ARG0,ARG0)|_
advcl|ARG1|(ARG0,ARG1)|_ advcl|ARG1|(ARG2,ARG0)|_ advcl|ARG1|_|ARG0 advcl|ARG1|_|_ advcl|ARG2+|_|_
advcl|ARG2|(ARG0,ARG0)|_ advcl|ARG2|(ARG1,ARG0)|_ advcl|ARG2|(ARG1,ARG1)|_ advcl|ARG2|_|_ advcl|ARG3|(ARG0,ARG0)|_
advcl|ARG3|(ARG1,ARG0)|_ advcl|ARG3|_|_ advcl|ARG4|(ARG0,ARG0)|_ advcl|ARG4|_|_ advcl|ARGM-ADJ|_|_
advcl|ARGM-ADV|(ARG0,ARG0)|_ advcl|ARGM-ADV|(ARG0,ARG1)|_ advcl|ARGM-ADV|(ARG1,ARG0)|_ advcl|ARGM-ADV|(ARG1,ARG1)|_
advcl|ARGM-ADV|_|_ advcl|ARGM-CAU|(ARG0,ARG0)|_ advcl|ARGM-CAU|_|_ advcl|ARGM-CXN+|(ARG1,ARG0)|_ advcl|ARGM-CXN+|_|_
advcl|ARGM-CXN|_|_ advcl|ARGM-DIR|_|_ advcl|ARGM-DIS|_|_ advcl|ARGM-EXT+|_|_ advcl|ARGM-LOC|_|_
advcl|ARGM-MNR|(ARG0,ARG0)|_ advcl|ARGM-MNR|(ARG1,ARG0)|_ advcl|ARGM-MNR|_|_ advcl|ARGM-PRD|(ARG0,ARG0)|_
advcl|ARGM-PRD|(ARG0,ARG1)|_ advcl|ARGM-PRD|(ARG1,ARG1)|_ advcl|ARGM-PRD|_|_ advcl|ARGM-PRP+|_|_
advcl|ARGM-PRP|(*ARGM-TMP,ARGM-TMP)|_ advcl|ARGM-PRP|(ARG0,ARG0)|_ advcl|ARGM-PRP|(ARG0,ARG1)|_
advcl|ARGM-PRP|(ARG1,ARG0)|_ advcl|ARGM-PRP|(ARG1,ARG1)|_ advcl|ARGM-PRP|(ARG2,ARG0)|_ advcl|ARGM-PRP|_|_
advcl|ARGM-TMP|(ARG0,ARG0)|_ advcl|ARGM-TMP|(ARG0,ARG1)|_ advcl|ARGM-TMP|(ARG1,ARG0)|_
advcl|ARGM-TMP|(ARG1,ARGM-TMP)|_ advcl|ARGM-TMP|_|_ advcl|C-ARG0|_|_ advcl|C-ARG1|(ARG1,ARG0)|_
advcl|C-ARG1|(ARG1,ARG1)|_ advcl|C-ARG1|_|_ advcl|C-ARG2|_|_ advcl|C-ARGM-CXN|(ARG1,ARG0)|_ advcl|C-ARGM-CXN|_|_
advcl|_|(*ARG0,ARG0)|_ advcl|_|(*ARG1,ARG0)|_ advcl|_|(ARG0,ARG0)|_ advcl|_|(ARG1,ARG0)|_ advcl|_|(ARG1,ARG1)|_
advcl|_|_|ARG0 advcl|_|_|ARG1 advcl|_|_|ARG2 advcl|_|_|ARG4 advcl|_|_|ARGM-ADV advcl|_|_|ARGM-CAU advcl|_|_|ARGM-LOC
advcl|_|_|ARGM-MNR advcl|_|_|ARGM-TMP advcl|_|_|_ advmod|*ARG0|_|_ advmod|*ARGM-ADV|_|_ advmod|*ARGM-CAU|_|_
advmod|*ARGM-DIS|_|_ advmod|*ARGM-MNR|_|_ advmod|*ARGM-NEG|_|_ advmod|*ARGM-TMP|_|_ advmod|ARG0+|_|_ advmod|ARG1+|_|_
advmod|ARG1|_|_ advmod|ARG2+|_|_ advmod|ARG2|_|_ advmod|ARG3|_|_ advmod|ARG4|_|_ advmod|ARGM-ADJ|_|_
advmod|ARGM-ADV|_|_ advmod|ARGM-CAU|_|_ advmod|ARGM-COM|_|_ advmod|ARGM-CXN|_|_ advmod|ARGM-DIR|_|_
advmod|ARGM-DIS|_|_ advmod|ARGM-EXT|_|_ advmod|ARGM-GOL|_|_ advmod|ARGM-LOC|_|_ advmod|ARGM-MNR|_|_
advmod|ARGM-NEG|_|_ advmod|ARGM-PRD|_|_ advmod|ARGM-PRP|_|_ advmod|ARGM-TMP|_|_ advmod|R-ARG2|_|_
advmod|R-ARGM-ADV|_|_ advmod|R-ARGM-CAU|_|_ advmod|R-ARGM-LOC|_|_ advmod|R-ARGM-TMP|_|_ advmod|_|(ARG1,ARG1)|ARG2
advmod|_|_|_ amod|ARG0|_|_ amod|ARG1|_|_ amod|ARG2|_|_ amod|ARG3|_|_ amod|ARG4|_|_ amod|ARGM-ADJ|_|ARG1
amod|ARGM-ADJ|_|ARG2 amod|ARGM-ADJ|_|_ amod|ARGM-ADV|_|_ amod|ARGM-CXN|_|_ amod|ARGM-DIR|_|_ amod|ARGM-EXT|_|_
amod|ARGM-GOL|_|_ amod|ARGM-LOC|_|_ amod|ARGM-MNR|_|_ amod|ARGM-PRD|_|ARG0 amod|ARGM-PRD|_|ARG1 amod|ARGM-PRD|_|_
amod|ARGM-REC|_|_ amod|ARGM-TMP|_|ARG1 amod|ARGM-TMP|_|_ amod|_|(ARG0,ARG0)|ARG1 amod|_|(ARG1,ARG1)|_ amod|_|_|ARG0
amod|_|_|ARG1 amod|_|_|ARG2 amod|_|_|_ appos|ARG1|_|_ appos|ARG2|_|_ appos|ARGM-ADJ|_|_ appos|_|(ARG0,ARG0)|_
appos|_|(ARG1,ARG1)|_ appos|_|_|_ aux|*ARGM-MOD|_|_ aux|ARGM-MOD|_|_ aux|_|(*ARG1,ARG1)|ARG2 aux|_|(ARG0,ARG1)|ARG2
aux|_|(ARG1,ARG1)|ARG2 aux|_|(ARGM-ADV,ARGM-ADV)|ARG2 aux|_|_|ARG2 aux|_|_|_ case|_|_|_ ccomp|*ARG1|_|_ ccomp|ARG0|_|_
ccomp|ARG1+|_|_ ccomp|ARG1|(ARG0,ARG0)|_ ccomp|ARG1|_|_ ccomp|ARG2|_|_ ccomp|ARG3|_|_ ccomp|ARGM-ADV|_|_
ccomp|ARGM-PRP|_|_ ccomp|ARGM-TMP|_|_ ccomp|C-ARG1-DSP|_|_ ccomp|C-ARG1|_|_ ccomp|_|_|_ cc|*ARGM-DIS|_|_
cc|ARGM-DIS|_|_ cc|_|_|_ compound|ARG0+|_|_ compound|ARG0|_|_ compound|ARG1+|_|_ compound|ARG1|_|_ compound|ARG2|_|_
compound|ARG3|_|_ compound|ARG4|_|_ compound|ARGM-ADJ|_|_ compound|ARGM-ADV|_|_ compound|ARGM-CAU|_|_
compound|ARGM-DIR|_|_ compound|ARGM-DIS|_|_ compound|ARGM-EXT|_|_ compound|ARGM-GOL|_|_ compound|ARGM-LOC|_|_
compound|ARGM-MNR|_|_ compound|ARGM-PRD|_|_ compound|ARGM-PRP|_|_ compound|ARGM-TMP+|_|_ compound|ARGM-TMP|_|_
compound|_|(ARG0,ARG0)|_ compound|_|(ARG1,ARG1)|_ compound|_|(ARGM-ADJ,ARGM-ADJ)|_ compound|_|_|ARG0 compound|_|_|_
conj|ARG1+|_|_ conj|ARG1|_|_ conj|ARG2|_|_ conj|ARGM-ADV|_|_ conj|ARGM-LOC|_|_ conj|C-ARG1|_|_ conj|_|(*ARG0,ARG0)|_
conj|_|(*ARG1,ARG0)|_ conj|_|(*ARG1,ARG1)|_ conj|_|(*ARGM-DIS,ARGM-DIS)|_ conj|_|(*ARGM-GOL,ARGM-GOL)|_
conj|_|(*ARGM-MOD,ARGM-MOD)|_ conj|_|(*ARGM-TMP,ARGM-TMP)|_ conj|_|(*R-ARGM-ADV,R-ARGM-ADV)|_ conj|_|(ARG0,ARG0)|_
conj|_|(ARG0,ARG1)|_ conj|_|(ARG0,ARG2)|_ conj|_|(ARG0,ARG3)|_ conj|_|(ARG1,ARG0)|_ conj|_|(ARG1,ARG1)|_
conj|_|(ARG1,ARG2)|_ conj|_|(ARG2,ARG0)|_ conj|_|(ARG2,ARG1)|_ conj|_|(ARG2,ARG2)|_ conj|_|(ARGM-ADJ,ARG3)|_
conj|_|(ARGM-ADJ,ARGM-ADJ)|_ conj|_|(ARGM-ADV,ARGM-ADV)|_ conj|_|(ARGM-ADV,ARGM-DIS)|_ conj|_|(ARGM-ADV,ARGM-TMP)|_
conj|_|(ARGM-CAU,ARGM-ADV)|_ conj|_|(ARGM-CAU,ARGM-CAU)|_ conj|_|(ARGM-DIS,ARGM-ADV)|_ conj|_|(ARGM-DIS,ARGM-DIS)|_
conj|_|(ARGM-EXT,ARGM-EXT)|_ conj|_|(ARGM-LOC,ARGM-LOC)|_ conj|_|(ARGM-MNR,ARGM-MNR)|_ conj|_|(ARGM-MOD,ARGM-MOD)|_
conj|_|(ARGM-NEG,ARGM-NEG)|_ conj|_|(ARGM-PRD,ARGM-PRD)|_ conj|_|(ARGM-PRP,ARGM-PRP)|_ conj|_|(ARGM-TMP,ARGM-ADV)|_
conj|_|(ARGM-TMP,ARGM-TMP)|_ conj|_|(R-ARG1,R-ARG1)|_ conj|_|_|_ cop|_|(*ARG1,ARG1)|ARG2
cop|_|(*ARGM-ADV,ARGM-ADV)|ARG2 cop|_|(*ARGM-CAU,ARGM-CAU)|ARG2 cop|_|(*ARGM-DIS,ARGM-DIS)|ARG2
cop|_|(*ARGM-MOD,ARGM-MOD)|ARG2 cop|_|(*ARGM-NEG,ARGM-NEG)|ARG2 cop|_|(*ARGM-TMP,ARGM-TMP)|ARG2
cop|_|(*R-ARG1,R-ARG1)|ARG2 cop|_|(ARG0,ARG1)|ARG2 cop|_|(ARG1,ARG1)|ARG2 cop|_|(ARG1,ARG1)|ARGM-LOC
cop|_|(ARG1,ARG1)|ARGM-TMP cop|_|(ARG1,ARG1)|C-ARG2 cop|_|(ARG1,ARG1)|_ cop|_|(ARG1,ARG2)|C-ARG2
cop|_|(ARG1,ARGM-ADV)|ARG2 cop|_|(ARG2,ARG1)|ARG2 cop|_|(ARG2,ARG2)|ARG1 cop|_|(ARG2,ARG2)|C-ARG2
cop|_|(ARG2,ARG2)|R-ARG2 cop|_|(ARG2,ARGM-LOC)|ARG2 cop|_|(ARG3,ARG1)|ARG2 cop|_|(ARGM-ADV,ARG1)|ARG2
cop|_|(ARGM-ADV,ARGM-ADV)|ARG2 cop|_|(ARGM-ADV,ARGM-CAU)|ARG2 cop|_|(ARGM-ADV,ARGM-DIS)|ARG2
cop|_|(ARGM-ADV,ARGM-LOC)|ARG2 cop|_|(ARGM-ADV,ARGM-PRD)|ARG2 cop|_|(ARGM-CAU,ARGM-CAU)|ARG2
cop|_|(ARGM-CAU,ARGM-PRP)|ARG2 cop|_|(ARGM-DIR,ARG1)|ARG2 cop|_|(ARGM-DIS,ARGM-ADV)|ARG2
cop|_|(ARGM-DIS,ARGM-DIS)|ARG2 cop|_|(ARGM-GOL,ARGM-GOL)|ARG2 cop|_|(ARGM-LOC,ARG1)|ARG2
cop|_|(ARGM-LOC,ARGM-LOC)|ARG2 cop|_|(ARGM-LOC,ARGM-TMP)|ARG2 cop|_|(ARGM-MNR,ARG1)|ARG2
cop|_|(ARGM-MNR,ARGM-ADV)|ARG2 cop|_|(ARGM-MNR,ARGM-MNR)|ARG2 cop|_|(ARGM-MOD,ARGM-MOD)|ARG2
cop|_|(ARGM-NEG,ARGM-NEG)|ARG2 cop|_|(ARGM-PRD,ARGM-PRD)|ARG2 cop|_|(ARGM-PRP,ARGM-PRP)|ARG2
cop|_|(ARGM-TMP,ARGM-ADV)|ARG2 cop|_|(ARGM-TMP,ARGM-TMP)|ARG2 cop|_|(R-ARG0,R-ARG1)|ARG2 cop|_|(R-ARG1,R-ARG1)|ARG2
cop|_|_|ARG2 cop|_|_|_ csubj|*ARG1|_|_ csubj|ARG0|(*ARG0,ARG0)|_ csubj|ARG0|(ARG2,ARG0)|_ csubj|ARG0|_|_
csubj|ARG1+|_|_ csubj|ARG1|(*ARG0,ARG0)|_ csubj|ARG1|_|_ csubj|ARG2|_|_ csubj|ARGM-PRD|(ARG1,ARG1)|_
csubj|ARGM-PRP|_|_ csubj|C-ARG1|_|_ csubj|_|_|_ dep|_|_|_ det|ARGM-ADJ|_|_ det|ARGM-EXT|_|_ det|ARGM-NEG|_|_ det|_|_|_
discourse|*ARGM-DIS|_|_ discourse|ARG1|_|_ discourse|ARGM-ADV|_|_ discourse|ARGM-DIS|_|_ discourse|_|_|ARG2
discourse|_|_|_ expl|*ARG0|_|_ expl|*ARG1|_|_ expl|ARG0|_|_ expl|ARG1|_|_ expl|ARG2|_|_ expl|_|_|_ fixed|_|_|_
flat|_|_|_ goeswith|_|(ARG1,ARG1)|_ goeswith|_|_|_ iobj|*ARG0|_|_ iobj|*ARG1|_|_ iobj|ARG1|_|_ iobj|ARG2|_|_
iobj|ARG3|_|_ iobj|ARG4|_|_ iobj|ARGM-GOL|_|_ iobj|_|_|_ list|ARG1|_|_ list|_|_|_ mark|ARGM-ADV|_|_ mark|_|_|_
nmod|*ARGM-TMP|_|_ nmod|ARG0|_|_ nmod|ARG1|_|_ nmod|ARG2|_|_ nmod|ARG3|_|_ nmod|ARG4|_|_ nmod|ARGM-ADJ|_|_
nmod|ARGM-ADV|_|_ nmod|ARGM-CAU|_|_ nmod|ARGM-COM|_|_ nmod|ARGM-DIR|_|_ nmod|ARGM-EXT|_|_ nmod|ARGM-GOL|_|_
nmod|ARGM-LOC|_|_ nmod|ARGM-MNR|_|_ nmod|ARGM-PRD|_|_ nmod|ARGM-PRP|_|_ nmod|ARGM-TMP|_|_ nmod|C-ARG0|_|_
nmod|C-ARG1|_|_ nmod|R-ARG1|_|_ nmod|_|(*ARG0,ARG0)|ARGM-ADJ nmod|_|_|_ nsubj|*ARG0|_|_ nsubj|*ARG1|_|_
nsubj|*ARG2|_|_ nsubj|*ARGM-DIS|_|_ nsubj|*R-ARG0|_|_ nsubj|*R-ARG1|_|_ nsubj|ARG0|_|_
nsubj|ARG1|(ARGM-DIS,ARGM-DIS)|_ nsubj|ARG1|(C-ARG1,ARG1)|_ nsubj|ARG1|(C-ARG1,ARGM-PRD)|_ nsubj|ARG1|_|ARGM-PRD
nsubj|ARG1|_|_ nsubj|ARG2|_|_ nsubj|ARG3|_|_ nsubj|ARGM-DIS|_|_ nsubj|ARGM-MNR|_|_ nsubj|ARGM-MOD|_|_
nsubj|ARGM-PRR|(*ARGM-MOD,ARGM-MOD)|ARGM-LVB nsubj|ARGM-PRR|_|ARGM-LVB nsubj|C-ARG1|_|_ nsubj|R-ARG0|_|_
nsubj|R-ARG1|_|_ nsubj|R-ARG2|_|_ nsubj|R-ARG3|_|_ nsubj|_|_|_ nummod|ARGM-ADJ|_|_ nummod|ARGM-TMP|_|_ nummod|_|_|_
obj|*ARG0|_|_ obj|*ARG1|(ARG1+,ARGM-PRD)|_ obj|*ARG1|_|_ obj|*ARG2|_|_ obj|*ARGM-PRR|(ARG1+,ARGM-LVB)|_
obj|*R-ARG1|_|_ obj|ARG0|_|_ obj|ARG1+|_|_ obj|ARG1|(*ARG1,ARG1)|_ obj|ARG1|(*ARGM-LVB,ARGM-LVB)|_
obj|ARG1|(ARG0,ARG0)|_ obj|ARG1|(ARG0,ARG1)|_ obj|ARG1|(ARG2,ARG0)|_ obj|ARG1|(ARGM-ADV,ARGM-ADV)|_
obj|ARG1|(ARGM-TMP,ARGM-TMP)|_ obj|ARG1|_|_ obj|ARG2|_|_ obj|ARG3|_|_ obj|ARGM-DIR|_|_ obj|ARGM-DIS|_|_
obj|ARGM-EXT|_|_ obj|ARGM-GOL|_|_ obj|ARGM-LOC|_|_ obj|ARGM-MNR|_|_ obj|ARGM-PRR|(*ARG0,ARG0)|ARGM-LVB
obj|ARGM-PRR|(*ARG1,ARG1)|ARGM-LVB obj|ARGM-PRR|(*ARG2,ARG2)|ARGM-LVB obj|ARGM-PRR|(*ARGM-ADV,ARGM-ADV)|ARGM-LVB
obj|ARGM-PRR|(*ARGM-CAU,ARGM-CAU)|ARGM-LVB obj|ARGM-PRR|(*ARGM-DIS,ARGM-DIS)|ARGM-LVB
obj|ARGM-PRR|(*ARGM-GOL,ARGM-GOL)|ARGM-LVB obj|ARGM-PRR|(*ARGM-LOC,ARGM-LOC)|ARGM-LVB
obj|ARGM-PRR|(*ARGM-MNR,ARGM-MNR)|ARGM-LVB obj|ARGM-PRR|(*ARGM-MOD,ARGM-MOD)|ARGM-LVB
obj|ARGM-PRR|(*ARGM-PRP,ARGM-PRP)|ARGM-LVB obj|ARGM-PRR|(*ARGM-TMP,ARGM-TMP)|ARGM-LVB
obj|ARGM-PRR|(*R-ARG0,R-ARG0)|ARGM-LVB obj|ARGM-PRR|_|ARGM-LVB obj|ARGM-PRR|_|_ obj|ARGM-TMP|_|_ obj|C-ARG1|_|_
obj|R-ARG1|_|_ obj|_|(*ARG0,ARG0)|ARGM-LVB obj|_|_|_ obl|*ARG0|_|_ obl|*ARG1|_|_ obl|*ARG2|_|_ obl|*ARGM-ADV|_|_
obl|*ARGM-CAU|_|_ obl|*ARGM-DIS|_|_ obl|*ARGM-LOC|_|_ obl|*ARGM-TMP|_|_ obl|*R-ARG1|_|_ obl|ARG0|_|_ obl|ARG1+|_|_
obl|ARG1|_|_ obl|ARG2+|_|_ obl|ARG2|_|_ obl|ARG3+|_|_ obl|ARG3|_|_ obl|ARG4|_|_ obl|ARG5|_|_ obl|ARGM-ADJ|_|_
obl|ARGM-ADV+|_|_ obl|ARGM-ADV|_|_ obl|ARGM-CAU|_|_ obl|ARGM-COM|_|_ obl|ARGM-CXN+|_|_ obl|ARGM-CXN|_|_
obl|ARGM-DIR|_|_ obl|ARGM-DIS|_|_ obl|ARGM-EXT|_|_ obl|ARGM-GOL+|_|_ obl|ARGM-GOL|_|_ obl|ARGM-LOC|_|_
obl|ARGM-MNR|_|_ obl|ARGM-PRD|_|_ obl|ARGM-PRP+|_|_ obl|ARGM-PRP|_|_ obl|ARGM-PRR|_|ARGM-LVB obl|ARGM-REC|_|_
obl|ARGM-TMP|_|_ obl|C-ARG0|_|_ obl|C-ARG1|_|_ obl|C-ARG2|_|_ obl|C-ARG3|_|_ obl|C-ARG4|_|_ obl|C-ARGM-CXN|_|_
obl|C-ARGM-DIR|_|_ obl|C-ARGM-LOC|_|_ obl|R-ARG0|_|_ obl|R-ARG1|_|_ obl|R-ARG2|_|_ obl|R-ARG3|_|_ obl|R-ARGM-ADV|_|_
obl|R-ARGM-LOC|_|_ obl|R-ARGM-MNR|_|_ obl|R-ARGM-TMP|_|_ obl|_|_|_ orphan|_|_|ARG0 orphan|_|_|_ parataxis|ARG1+|_|_
parataxis|ARG1|_|_ parataxis|ARG2|_|_ parataxis|ARGM-ADJ|_|_ parataxis|ARGM-ADV|(ARG0,ARG0)|_ parataxis|ARGM-ADV|_|_
parataxis|ARGM-CAU|_|_ parataxis|ARGM-DIS|_|_ parataxis|ARGM-LOC|_|_ parataxis|C-ARG1|_|_
parataxis|_|(*ARGM-TMP,ARGM-TMP)|_ parataxis|_|(ARG0,ARG0)|_ parataxis|_|(ARG0,ARG1-DSP)|C-ARG1-DSP
parataxis|_|(ARG1,ARG1)|_ parataxis|_|(ARGM-ADV,ARGM-ADV)|_ parataxis|_|(ARGM-DIS,ARGM-DIS)|_
parataxis|_|(ARGM-TMP,ARGM-TMP)|_ parataxis|_|_|ARG0 parataxis|_|_|ARG1 parataxis|_|_|ARGM-ADV parataxis|_|_|ARGM-DIS
parataxis|_|_|ARGM-TMP parataxis|_|_|_ punct|_|_|_ reparandum|_|_|_ root|_|_|_ vocative|*ARGM-DIS|_|_
vocative|ARG1|_|_ vocative|ARGM-DIS|_|_ vocative|_|_|_ xcomp|*ARGM-LVB|(ARG1,ARGM-PRR)|_ xcomp|ARG0|(ARG1,ARG0)|_
xcomp|ARG1+|(*ARG0,ARG0)|_ xcomp|ARG1+|(*ARG1,ARG1)|_ xcomp|ARG1+|(*ARG2,ARG2)|_ xcomp|ARG1+|(*ARGM-PRR,ARGM-PRR)|_
xcomp|ARG1+|_|_ xcomp|ARG1|(*ARG0,ARG0)|_ xcomp|ARG1|(*ARG1,ARG1)|_ xcomp|ARG1|(*ARG2,ARG2)|_
xcomp|ARG1|(*ARGM-TMP,ARGM-TMP)|_ xcomp|ARG1|(*R-ARG1,R-ARG1)|_ xcomp|ARG1|(ARG0,ARG0)|_ xcomp|ARG1|(ARG0,ARG1)|_
xcomp|ARG1|(ARG0,ARG2)|_ xcomp|ARG1|(ARG2,ARG0)|_ xcomp|ARG1|(ARG2,ARG1)|_ xcomp|ARG1|(ARGM-ADV,ARGM-ADV)|_
xcomp|ARG1|(ARGM-DIS,ARGM-DIS)|_ xcomp|ARG1|(ARGM-NEG,ARGM-NEG)|_ xcomp|ARG1|(ARGM-TMP,ARGM-TMP)|_ xcomp|ARG1|_|_
xcomp|ARG2+|(ARG1,ARG1)|_ xcomp|ARG2+|_|_ xcomp|ARG2|(ARG0,ARG0)|_ xcomp|ARG2|(ARG0,ARG1)|_ xcomp|ARG2|(ARG1,ARG0)|_
xcomp|ARG2|(ARG1,ARG1)|_ xcomp|ARG2|(ARG1,ARG2)|_ xcomp|ARG2|(ARGM-TMP,ARGM-TMP)|_ xcomp|ARG2|_|_ xcomp|ARG3+|_|_
xcomp|ARG3|(ARG1,ARG0)|_ xcomp|ARG3|(ARG1,ARG1)|_ xcomp|ARG3|_|_ xcomp|ARGM-ADV|(ARG1,ARG1)|_ xcomp|ARGM-ADV|_|_
xcomp|ARGM-MNR|(ARGM-DIS,ARGM-DIS)|_ xcomp|ARGM-MNR|_|_ xcomp|ARGM-PRD|(ARG0,ARG0)|_ xcomp|ARGM-PRD|(ARG1,ARG1)|_
xcomp|ARGM-PRD|_|_ xcomp|ARGM-PRP|(ARG0,ARG0)|_ xcomp|ARGM-PRP|(ARG1,ARG0)|_ xcomp|ARGM-PRP|_|_
xcomp|C-ARG1|(*ARGM-TMP,ARGM-TMP)|_ xcomp|C-ARG1|(ARG1,ARG0)|_ xcomp|C-ARG1|(ARG1,ARG1)|_ xcomp|C-ARG1|_|_
xcomp|_|(*ARG0,ARG0)|_ xcomp|_|(*ARG1,ARG1)|_ xcomp|_|(*ARGM-MNR,ARGM-MNR)|_ xcomp|_|(*R-ARG1,R-ARG1)|_
xcomp|_|(ARG0,ARG0)|_ xcomp|_|(ARG1+,ARG1)|_ xcomp|_|(ARG1,ARG0)|_ xcomp|_|(ARG1,ARG1)|_ xcomp|_|_|_
"""
)
