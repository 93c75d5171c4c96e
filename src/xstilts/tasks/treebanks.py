"""The Universal Dependencies treebanks that are scored: one line each, `name repository commit`; NC marks treebanks
that are not for commercial use. Local copies were cut from the files at these commits."""

from __future__ import annotations

from typing import NamedTuple

_TABLE = """
af_afribooms Afrikaans-AfriBooms a6dd726120c8bf1a0f8fb40f6a9ca15e880a192a
ar_pud Arabic-PUD be733f45d21f42d506c62930f806ed2182a5ee3d
bg_btb Bulgarian-BTB b5cd6324b2015dbf3cd328ddebefc54dceddd202 NC
de_gsd German-GSD 297fcf350481058d0737a27f0f8fd03b2eadd67a
el_gud Greek-GUD e014415b034f6263ab634fafd1e9df8fef5d87aa
en_ewt English-EWT 15d613d8447b3478787d4c278730a1e48a945efb
es_gsd Spanish-GSD 57c045644664e5c1e169263cc4e3b95e40c078ba
et_edt Estonian-EDT be5459fbb6edc1523a6f2e4a56df134b4fbbc3a6 NC
eu_bdt Basque-BDT b103756e7d3dca0130807308c73eb170fdba5394 NC
fa_seraji Persian-Seraji e53af38f4adc0edcdc056b8a2378cad791dc322a
fi_tdt Finnish-TDT 5e3a88a671ea673fa330e10cc59f54da587a95a7
fr_gsd French-GSD 830e2782304af08b3cc1c9250475343e04274d81
he_iahltwiki Hebrew-IAHLTwiki 29402e7c2727fb8fd181ab3ad1a800561fbff69a
hi_pud Hindi-PUD 8bc630f73e0737ce5ed9eaa97abf11f172ecc9bd
hu_szeged Hungarian-Szeged 8f08ba648e6f6345212a721b7cb1ad78c5924f0e NC
id_gsd Indonesian-GSD 89491e4d51c15da157175c303213ae5ff6f05f9d
it_pud Italian-PUD 71d932aa096368331ba2fd9bc906ec8dd853da8e
ja_gsd Japanese-GSD 7bc20119f476b552635e0640644e577b6fd3606b
ka_glc Georgian-GLC 9b8a459a55307a891f10404a6366428840dcafda
kk_ktb Kazakh-KTB e9f3b87a5faa95cf0b4cd97d62f2de8c90ee8153
ko_gsd Korean-GSD 925eec22693d37a922eb546c6a9500844d271d51
ko_kaist Korean-Kaist ef244243b578e7cd0fb4fe45cd80b63de2a60e00
lt_alksnis Lithuanian-ALKSNIS 46ffdba3396a793c3f0f47435ff9b7066c9aefa0
mr_ufal Marathi-UFAL c02a08246fdb6c99257d7c5bc6ef14f736a995bf
nl_alpino Dutch-Alpino 95e374a608d114ec6c6b32f0fbd5f324d29ef286
pl_lfg Polish-LFG 7e859fe7edce4ac30afe8ca757bfa6c9c4c36c62
pl_pud Polish-PUD a726e5866e7f134763d734e6d915b8faf10f552f
pt_bosque Portuguese-Bosque 5de7ac34028ff6d1718031a4b0ae895717ed8dbe
ro_rrt Romanian-RRT cc00bf852bc3c19ac345457eef8b3e5665392a72
ru_gsd Russian-GSD 5400f2fd7264b7699727bb61b09f53841899df26
ta_mwtt Tamil-MWTT aeb7e4ae69a064ee59fb48291a5c8771c4600c83
te_mtg Telugu-MTG fea14d143ec43ba42b0b82381b55fd509839a1a0
th_pud Thai-PUD 516638d39adfbc03fa3e7f7b33ce59555055a2d9
tl_trg Tagalog-TRG 7151bec17280ebbfdb61f82126649f7b95216703
tr_boun Turkish-BOUN f828b02872123a8dfb336584eab0767c4e55c5f9
tr_pud Turkish-PUD 63a134a087c8475ea832713b960baba8ff2f9401
uk_parlamint Ukrainian-ParlaMint db32b178704bb0f9cbcc83dfaddb5cab80147ea8
ur_udtb Urdu-UDTB ed8da673c32352fb78036808349a9546e21fc78a NC
vi_vtb Vietnamese-VTB e8fa54835582fb5d0c767f19f0992675726fa084
wo_wtb Wolof-WTB 575a3ab64619a91de9950f01afb7c9f2d8cd28c4
yo_ytb Yoruba-YTB d07fe63b40512ac904a6519bae1658e9b05109ce
zh_gsd Chinese-GSD 200dbe8acf60ff0d194f2d30bf925c410eee762a
zh_gsdsimp Chinese-GSDSimp eb3aed31ebb170897405ee5cd1db83a1a0b11864
"""

# Several languages in one sentence, spoken or typed. Codes of these are Universal Dependencies' own.
_SWITCHED = """
qaf_arabizi Maghrebi_Arabic_French-Arabizi 89fddb4adedb65beac28f56e548dba0b9ceec8d0
qtd_sagt Turkish_German-SAGT 9df27ce241d28d25f40b27f616468563771fb6e7 NC
qte_tect Telugu_English-TECT cae01c8f7b292fe0521c5be630fad1e6187f97fb
qti_butr Turkish_English-BUTR 1334d36e3bdc86c0644a091137eee39a589aa3b6
"""

# Tweets, mails, transcripts of speech, learners, dialects.
_NONSTANDARD = """
ajp_madar South_Levantine_Arabic-MADAR ce9037fbf72ff54006ff1186a0e07ccd93a2a94b
bar_maibaam Bavarian-MaiBaam 3378e5fbb5c9b00baba0a53e34988b3e172f234e
en_eslspok English-ESLSpok 51b8a8e38db85e82cca9887d72f0de6e859b052f
fi_ood Finnish-OOD 11f60a9f17eb0b69fc504320fe5699cf67cbcf1d
fr_parisstories French-ParisStories c549ab63a3ac2af92ad9e87fff2b4f45742f2d42
ga_twittirish Irish-TwittIrish 395b297b43ca408b0032410d3a8c1fb89845ee2e
gsw_uzh Swiss_German-UZH e98370adcd41aea64b151d654f8ac76f9a8fc2b4
it_twittiro Italian-TWITTIRO c19d5f6c3afcad960a1e0ae0f90e5b702f5d30dc
pcm_nsc Naija-NSC be1b5101e9176a4dd8e1da47053afbccf60ae8ce
pt_dantestocks Portuguese-DANTEStocks 01b5cb6dc36490c4b7785eb2e3114c0d0012bec1
ru_taiga Russian-Taiga 3c64a056edcd5c6e2c29b3724d973729c354e016
yue_hk Cantonese-HK 454c9548b32a77438b2ab4bca0ad6d1886a8ac11
"""


EWT = "UD English EWT"  # its sentences train tagging, parsing and semantic roles alike


class Treebank(NamedTuple):
    name: str  # "de_gsd", the first part of its file names
    repository: str
    commit: str
    noncommercial: bool

    @property
    def language(self) -> str:
        return self.name.split("_")[0]

    def file(self, split: str) -> str:
        return f"{self.name}-ud-{split}.conllu"


def _read(line: str) -> Treebank:
    name, repository, commit, *marks = line.split()
    return Treebank(name, f"UniversalDependencies/UD_{repository}", commit, "NC" in marks)


def _table(table: str) -> tuple[Treebank, ...]:
    return tuple(_read(line) for line in table.strip().splitlines())


TREEBANKS, SWITCHED_TREEBANKS, NONSTANDARD_TREEBANKS = _table(_TABLE), _table(_SWITCHED), _table(_NONSTANDARD)
