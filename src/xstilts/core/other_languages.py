"""Facts of languages beyond those of the packaged benchmarks, in the form of `core.language_table`.

The rest of ISO 639-1, and what is in FLORES-200, NTREX-128, Universal Dependencies, WikiANN and Tatoeba; at the end the
codes of ISO 639 that stand for no one language.
"""

OTHERS = """
Indo-European: Germanic
dum | Middle Dutch | Latin
frr | North Frisian | Latin
got | Gothic | Gothic
gmh | Middle High German | Latin
goh | Old High German | Latin
ksh | Kölsch | Latin
li lim | Limburgish | Latin
non | Old Norse | Latin
pdc | Pennsylvania German | Latin
pfl | Palatine German | Latin
sco | Scots | Latin
stq | Saterland Frisian | Latin
vls | West Flemish | Latin
zea | Zeelandic | Latin
Indo-European: Romance
an arg | Aragonese | Latin
co cos | Corsican | Latin
egl eml | Emilian | Latin
ext | Extremaduran | Latin
frm | Middle French | Latin
fro | Old French | Latin
frp | Arpitan | Latin
fur | Friulian | Latin
kea | Kabuverdianu | Latin
lad | Ladino | Latin
lij | Ligurian | Latin
lld | Ladin | Latin
lmo | Lombard | Latin
mwl | Mirandese | Latin
pcd | Picard | Latin
rm roh | Romansh | Latin
rup roa-rup | Aromanian | Latin
sc srd | Sardinian | Latin
scn | Sicilian | Latin
vec | Venetian | Latin
wa wln | Walloon | Latin
xum | Umbrian | Latin
Indo-European: Slavic
be-tarask be-x-old | Belarusian (Taraškievica) | Cyrillic
cu chu | Old Church Slavonic | Cyrillic
rue | Rusyn | Cyrillic
sh hbs | Serbo-Croatian | Latin
szl | Silesian | Latin
Indo-European: Baltic
ltg | Latgalian | Latin
sgs bat-smg | Samogitian | Latin
Indo-European: Celtic
gv glv | Manx | Latin
sga | Old Irish | Latin
Indo-European: Greek
grc | Ancient Greek | Greek
cpg | Cappadocian Greek | Greek
pnt | Pontic Greek | Greek
Indo-European: Armenian
hyw | Western Armenian | Armenian
xcl | Classical Armenian | Armenian
Indo-European: Anatolian
hit | Hittite | Cuneiform
Indo-European: Iranian
ckb | Central Kurdish | Arabic
diq zza | Zazaki | Latin
glk | Gilaki | Arabic
kfm | Khunsari | Arabic
mzn | Mazanderani | Arabic
nyq | Nayini | Arabic
os oss | Ossetian | Cyrillic
prs | Dari | Arabic
soj | Soi | Arabic
ae ave | Avestan | Avestan
Indo-European: Indo-Aryan
bho bh bih | Bhojpuri | Devanagari
bpy | Bishnupriya | Bengali
dv div | Dhivehi | Thaana
hif | Fiji Hindi | Latin
hne | Chhattisgarhi | Devanagari
kok gom | Konkani | Devanagari
ks kas | Kashmiri | Arabic
mag | Magahi | Devanagari
mai | Maithili | Devanagari
pi pli | Pali | Devanagari
pnb | Western Punjabi | Arabic
rmy rom | Romani | Latin
skr | Saraiki | Arabic
xnr | Kangri | Devanagari
Afro-Asiatic: Semitic
aii | Assyrian Neo-Aramaic | Syriac
akk | Akkadian | Latin
acm | Mesopotamian Arabic | Arabic
acq | Ta'izzi-Adeni Arabic | Arabic
aeb | Tunisian Arabic | Arabic
afb | Gulf Arabic | Arabic
apc | North Levantine Arabic | Arabic
arc | Aramaic | Syriac
ars | Najdi Arabic | Arabic
ary | Moroccan Arabic | Arabic
hbo | Ancient Hebrew | Hebrew
syr | Syriac | Syriac
Afro-Asiatic: Berber
shi | Tachelhit | Latin
taq | Tamasheq | Latin
tzm | Central Atlas Tamazight | Tifinagh
zgh | Standard Moroccan Tamazight | Tifinagh
Afro-Asiatic: Cushitic
aa aar | Afar | Latin
bej | Beja | Latin
sid | Sidamo | Latin
Afro-Asiatic: Egyptian
cop | Coptic | Coptic
egy | Ancient Egyptian | Latin
Uralic
koi | Komi-Permyak | Cyrillic
krl | Karelian | Latin
kv kom kpv | Komi | Cyrillic
mdf | Moksha | Cyrillic
mrj | Western Mari | Cyrillic
myv | Erzya | Cyrillic
olo | Livvi | Latin
se sme | Northern Sami | Latin
sma | Southern Sami | Latin
smn | Inari Sami | Latin
sms | Skolt Sami | Latin
udm | Udmurt | Cyrillic
vep | Veps | Latin
vro fiu-vro | Võro | Latin
Turkic
azb | South Azerbaijani | Arabic
chg | Chagatai | Arabic
crh | Crimean Tatar | Latin
cv chv | Chuvash | Cyrillic
gag | Gagauz | Latin
kaa | Karakalpak | Latin
krc | Karachay-Balkar | Cyrillic
kum | Kumyk | Cyrillic
ota | Ottoman Turkish | Arabic
otk | Old Turkish | Old Turkic
sah | Yakut | Cyrillic
tyv | Tuvan | Cyrillic
Mongolic
bua bxr | Buryat | Cyrillic
xal | Kalmyk | Cyrillic
Kartvelian
xmf | Mingrelian | Georgian
Northwest Caucasian
ab abk | Abkhazian | Cyrillic
ady | Adyghe | Cyrillic
kbd | Kabardian | Cyrillic
Northeast Caucasian
av ava | Avaric | Cyrillic
ce che | Chechen | Cyrillic
inh | Ingush | Cyrillic
lbe | Lak | Cyrillic
lez | Lezghian | Cyrillic
Chukotko-Kamchatkan
ckt | Chukchi | Cyrillic
Tungusic
mnc | Manchu | Latin
Japonic
ojp | Old Japanese | Japanese
Sino-Tibetan: Sinitic
cdo | Min Dong Chinese | Latin
gan | Gan Chinese | Han
hak | Hakka Chinese | Latin
lzh zh-classical | Literary Chinese | Han
nan zh-min-nan | Min Nan Chinese | Latin
Sino-Tibetan: Tibeto-Burman
bo bod tib | Tibetan | Tibetan
dz dzo | Dzongkha | Tibetan
ii iii | Sichuan Yi | Yi
kac | Jingpho | Latin
lus | Mizo | Latin
mni | Manipuri | Bengali
new | Newari | Devanagari
Kra-Dai
shn | Shan | Myanmar
za zha | Zhuang | Latin
Hmong-Mien
hmn mww | Hmong | Latin
Austro-Asiatic
kha | Khasi | Latin
sat | Santali | Ol Chiki
Dravidian
tcy | Tulu | Kannada
Austronesian
bcl bik | Central Bikol | Latin
fj fij | Fijian | Latin
haw | Hawaiian | Latin
ho hmo | Hiri Motu | Latin
ilo | Iloko | Latin
mh mah | Marshallese | Latin
map-bms | Banyumasan | Latin
mi mri mao | Maori | Latin
na nau | Nauru | Latin
pag | Pangasinan | Latin
sm smo | Samoan | Latin
tet | Tetum | Latin
to ton | Tongan | Latin
ty tah | Tahitian | Latin
Niger-Congo
ak aka | Akan | Latin
bas | Basa | Latin
bci | Baoulé | Latin
bem | Bemba | Latin
cjk | Chokwe | Latin
dag | Dagbani | Latin
dyu | Dyula | Latin
ff ful fuv fuc | Fulah | Latin
gur | Frafra | Latin
hz her | Herero | Latin
kam | Kamba | Latin
kbp | Kabiyè | Latin
kg kon | Kongo | Latin
ki kik | Kikuyu | Latin
kj kua | Kuanyama | Latin
kmb | Kimbundu | Latin
ln lin | Lingala | Latin
lu lub | Luba-Katanga | Latin
lua | Luba-Lulua | Latin
nd nde | North Ndebele | Latin
ng ndo | Ndonga | Latin
nr nbl | South Ndebele | Latin
nso | Northern Sotho | Latin
rn run | Rundi | Latin
sg sag | Sango | Latin
srr | Serer | Latin
ss ssw | Swati | Latin
swb | Comorian | Latin
ts tso | Tsonga | Latin
tum | Tumbuka | Latin
umb | Umbundu | Latin
ve ven | Venda | Latin
Nilo-Saharan
din dik | Dinka | Latin
dje | Zarma | Latin
nus | Nuer | Latin
Tupian
gub | Guajajára | Latin
gun | Mbyá Guarani | Latin
mpu | Makuráp | Latin
myu | Mundurukú | Latin
tpn | Tupinambá | Latin
urb | Kaapor | Latin
Arawakan
apu | Apurinã | Latin
Arawan
jaa | Madí | Latin
Macro-Jê
bor | Bororo | Latin
xav | Xavánte | Latin
Mayan
quc | K'iche' | Latin
yua | Yucatec Maya | Latin
Algic
cr cre | Cree | Latin
oj oji | Ojibwa | Latin
Na-Dene
nv nav | Navajo | Latin
Iroquoian
chr | Cherokee | Cherokee
Eskimo-Aleut
ess | Central Siberian Yupik | Latin
ik ipk | Inupiaq | Latin
iu iku | Inuktitut | Canadian syllabics
kl kal | Kalaallisut | Latin
Pama-Nyungan
wbp | Warlpiri | Latin
Creole
bi bis | Bislama | Latin
gcr | Guianese Creole | Latin
gpe | Ghanaian Pidgin | Latin
mfe | Morisyen | Latin
pap | Papiamento | Latin
pih | Norfuk | Latin
srn | Sranan Tongo | Latin
tpi | Tok Pisin | Latin
Constructed
jbo | Lojban | Latin
vo vol | Volapük | Latin
Sign languages
swl | Swedish Sign Language | Latin
Several
mis | Uncoded languages | various
mul | Multiple languages | various
und | Undetermined | various
zxx | No linguistic content | various
"""
