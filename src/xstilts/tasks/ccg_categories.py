"""The CCG categories of the gold supertags of Rimell and Clark (2008): those of the question training file and of
GENIA. Test questions hold a few more (0.5% of the words); no tagger trained on these files can guess them."""

from __future__ import annotations

from xstilts.tasks.sources import names

CATEGORIES: tuple[str, ...] = names(
    r"""
((((S\NP)\(S\NP))/((S\NP)\(S\NP)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP))))/(S[asup]\NP)
(((N/N)/(N/N))\((N/N)/(N/N)))/((N/N)/(N/N)) (((N/N)/(N/N))\((N/N)/(N/N)))/N
(((S[dcl]\NP)/S[em])/(S[adj]\NP))/NP[expl] (((S[wq]/(S[pss]\NP))/((S[q]/(S[pss]\NP))/NP))/N)/(NP/N)
(((S[wq]/NP)/((S[q]/NP)/NP))/N)/(NP/N) (((S[wq]/PP)/((S[q]/PP)/NP))/N)/(NP/N)
(((S\NP)\(S\NP))/((S\NP)\(S\NP)))/(((S\NP)\(S\NP))/((S\NP)\(S\NP))) (((S\NP)\(S\NP))/(NP\NP))/NP
(((S\NP)\(S\NP))/(S[ng]\NP))/NP (((S\NP)\(S\NP))/(S[to]\NP))/NP (((S\NP)\(S\NP))/NP)/NP
(((S\NP)\(S\NP))\((S\NP)\(S\NP)))/NP ((N/N)/(N/N))/((N/N)/(N/N)) ((N/N)/(N/N))/(S[asup]\NP)
((N/N)/(N/N))\(S[adj]\NP) ((N/N)/(N/N))\NP ((N/N)\(N/N))/(N/N) ((N/N)\(N/N))/NP ((N/N)\(N/N))/PP
((N/N)\(N/N))/S[dcl] ((N/N)\(N/N))\((N/N)\(N/N)) ((N/N)\NP)/NP ((NP\NP)/(NP\NP))/((NP\NP)/(NP\NP))
((NP\NP)/(S[dcl]\NP))/N ((NP\NP)/(S[dcl]\NP))\(NP/NP) ((NP\NP)/(S[pss]\NP))/NP ((NP\NP)/(S[to]\NP))\((NP\NP)/NP)
((NP\NP)/S[dcl])\((NP\NP)/NP) ((NP\NP)\NP)/PP ((S/NP)\(S/NP))/NP ((S/S)/(S/S))/(S[asup]\NP)
((S/S)/(S[to]\NP))/NP ((S[adj]\NP)/(S[adj]\NP))/((S[adj]\NP)/(S[adj]\NP)) ((S[adj]\NP)/(S[adj]\NP))/NP
((S[adj]\NP)/(S[adj]\NP))\((S[adj]\NP)/(S[adj]\NP)) ((S[adj]\NP)/(S[adj]\NP))\NP
((S[adj]\NP)\(S[adj]\NP))/(S[ng]\NP) ((S[adj]\NP)\(S[adj]\NP))/NP ((S[adj]\NP)\(S[adj]\NP))/PP ((S[b]\NP)/NP)/NP
((S[b]\NP)/PP)/NP ((S[dcl]\NP)/(S[adj]\NP))/NP ((S[dcl]\NP)/(S[ng]\NP))/NP ((S[dcl]\NP)/(S[to]\NP))/NP
((S[dcl]\NP)/NP)/NP ((S[dcl]\NP)/PP)/NP ((S[dcl]\NP[expl])/S[em])/(S[adj]\NP) ((S[ng]\NP)/(S[to]\NP))/NP
((S[ng]\NP)/PP)/NP ((S[ng]\NP)/PP)/PP ((S[pss]\NP)/PP)/(PP/NP) ((S[pt]\NP)/(S[to]\NP))/NP ((S[pt]\NP)/PP)/NP
((S[q]/PP)/(S[adj]\NP))/NP ((S[q]/PP)/(S[adj]\NP))/NP[expl] ((S[q]/PP)/NP)/NP ((S[wq]/(S[dcl]\NP))/N)/(NP/N)
((S[wq]/(S[dcl]\NP))/N)\(S[wq]/(S[dcl]\NP)) ((S[wq]/(S[q]/NP))/N)/(NP/N)
((S[wq]/PP)/((S[q]/PP)/(S[adj]\NP)))/(S[adj]\NP) ((S[wq]/PP)/N)/(NP/N) ((S[wq]/S[q])/N)/(NP/N)
((S[wq]/S[q])\(S[wq]/S[q]))/NP ((S\NP)/(S\NP))/((S\NP)/(S\NP)) ((S\NP)/(S\NP))/(S[pss]\NP) ((S\NP)/(S\NP))/NP
((S\NP)/(S\NP))/PP ((S\NP)\(S\NP))/((S\NP)\(S\NP)) ((S\NP)\(S\NP))/(S[adj]\NP) ((S\NP)\(S\NP))/(S[b]\NP)
((S\NP)\(S\NP))/(S[dcl]\NP) ((S\NP)\(S\NP))/(S[ng]\NP) ((S\NP)\(S\NP))/(S[pss]\NP) ((S\NP)\(S\NP))/N
((S\NP)\(S\NP))/NP ((S\NP)\(S\NP))/PP ((S\NP)\(S\NP))/S[dcl] ((S\NP)\(S\NP))/S[em] ((S\NP)\(S\NP))\NP
(N/N)/(N/N) (N/N)/N (N/N)\(N/N) (NP/NP)/(NP/NP) (NP/NP)/(S[asup]\NP) (NP/NP)/NP (NP[nb]/N)\NP (NP\NP)/(NP\NP)
(NP\NP)/(S[adj]\NP) (NP\NP)/(S[dcl]/NP) (NP\NP)/(S[dcl]\NP) (NP\NP)/(S[ng]\NP) (NP\NP)/(S[pss]\NP) (NP\NP)/N
(NP\NP)/NP (NP\NP)/PP (NP\NP)/S[dcl] (NP\NP)/S[em] (NP\NP)/S[qem] (N\N)/N (N\N)/NP (N\N)\(N\N) (PP\PP)/NP
(S/NP)/(S/NP) (S/S)/(S[adj]\NP) (S/S)/(S[ng]\NP) (S/S)/(S[pss]\NP) (S/S)/N (S/S)/NP (S/S)/PP (S/S)/S[dcl]
(S[adj]\NP)/(S[adj]\NP) (S[adj]\NP)/(S[ng]\NP) (S[adj]\NP)/(S[to]\NP) (S[adj]\NP)/NP (S[adj]\NP)/PP
(S[adj]\NP)/S[for] (S[adj]\NP)\(S[adj]\NP) (S[adj]\NP)\NP (S[b]\NP)/(S[adj]\NP) (S[b]\NP)/(S[b]\NP)
(S[b]\NP)/(S[pss]\NP) (S[b]\NP)/(S[pt]\NP) (S[b]\NP)/(S[to]\NP) (S[b]\NP)/NP (S[b]\NP)/PP (S[b]\NP)/S[em]
(S[b]\NP)/S[qem] (S[dcl]\(S[ng]\NP))/PP (S[dcl]\NP)/(S[adj]\NP) (S[dcl]\NP)/(S[b]\NP) (S[dcl]\NP)/(S[ng]\NP)
(S[dcl]\NP)/(S[pss]\NP) (S[dcl]\NP)/(S[pt]\NP) (S[dcl]\NP)/(S[to]\NP) (S[dcl]\NP)/NP (S[dcl]\NP)/PP
(S[dcl]\NP)/S[dcl] (S[dcl]\NP)/S[em] (S[dcl]\NP)/S[qem] (S[dcl]\NP[expl])/(S[adj]\NP)
(S[dcl]\NP[expl])/(S[b]\NP) (S[dcl]\NP[expl])/(S[pss]\NP) (S[dcl]\NP[thr])/(S[pt]\NP) (S[dcl]\NP[thr])/NP
(S[for]/(S[to]\NP))/NP (S[inv]/NP)/(S[pss]\NP) (S[ng]\NP)/(S[adj]\NP) (S[ng]\NP)/(S[ng]\NP)
(S[ng]\NP)/(S[pss]\NP) (S[ng]\NP)/NP (S[ng]\NP)/PP (S[ng]\NP)/S[em] (S[pss]\NP)/(S[adj]\NP)
(S[pss]\NP)/(S[ng]\NP) (S[pss]\NP)/(S[to]\NP) (S[pss]\NP)/NP (S[pss]\NP)/PP (S[pss]\NP)/S[em] (S[pss]\NP)/S[qem]
(S[pt]\NP)/(S[adj]\NP) (S[pt]\NP)/(S[pss]\NP) (S[pt]\NP)/(S[to]\NP) (S[pt]\NP)/NP (S[pt]\NP)/PP (S[pt]\NP)/S[em]
(S[q]/(S[adj]\NP))/NP (S[q]/(S[b]\NP))/NP (S[q]/(S[dcl]\NP))/NP (S[q]/(S[pss]\NP))/NP (S[q]/(S[pt]\NP))/NP
(S[q]/NP)/NP (S[q]/NP)/S[dcl] (S[q]/NP)/S[q] (S[q]/PP)/NP (S[to]\NP)/(S[b]\NP) (S[wq]/(S[dcl]\NP))/N
(S[wq]/(S[dcl]\NP))/NP (S[wq]/(S[q]/(S[adj]\NP)))/(S[adj]\NP) (S[wq]/(S[q]/NP))/(S[wq]/(S[q]/NP))
(S[wq]/(S[q]/NP))/N (S[wq]/(S[q]/NP))/NP (S[wq]/(S[q]/PP))/(S[wq]/(S[q]/NP)) (S[wq]/S[q])/(S[adj]\NP)
(S[wq]/S[q])/(S[wq]/(S[q]/(S[adj]\NP))) (S[wq]/S[q])/(S[wq]/(S[q]/NP)) (S[wq]/S[q])/N (S[wq]\(S[dcl]/NP))/N
(S[wq]\S[dcl])/(S[wq]\(S[dcl]/NP)) (S[wq]\S[wq])/(S[dcl]\NP) (S[wq]\S[wq])/NP (S[wq]\S[wq])/S[dcl] (S\NP)/(S\NP)
(S\NP)\(S\NP) (S\S)/(S\S) (S\S)/S[dcl] (S\S)/S[q] , . : ; LQU LRB N N/N N/PP N/S[dcl] N/S[em] NP NP/N NP/NP
NP/PP NP[expl] NP[nb]/N NP[thr] NP\NP N\N PP/(N/N) PP/(S[adj]\NP) PP/(S[ng]\NP) PP/NP PP/PP RQU RRB S/S
S[adj]\NP S[asup]\NP S[b]\NP S[dcl]/S[dcl] S[dcl]\NP S[em]/S[b] S[em]/S[dcl] S[ng]\NP S[pss]\NP S[pt]\NP
S[qem]/S[dcl] S[wq]/(S[dcl]\NP) S[wq]/(S[q]/NP) S[wq]/S[q] S[wq]\(S[dcl]/NP) S[wq]\S[wq] conj conj/conj
"""
)
