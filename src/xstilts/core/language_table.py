"""The facts behind `core.languages`: one line a language, below its family.

`code other-codes | name | script`. The code is ISO 639-1 where there is one, else ISO 639-3; the other codes are ISO
639-3, what data sets write for it, and withdrawn codes. Names follow ISO 639, scripts ISO 15924; families and branches
follow the table of XTREME (Hu et al. 2020) and, outside it, common usage. A language written in several scripts is
put under one of those its data are in.
"""

TABLE = """
Indo-European: Germanic
af afr | Afrikaans | Latin
ang | Old English | Latin
bar | Bavarian | Latin
da dan | Danish | Latin
de deu ger | German | Latin
de-ba | Bavarian (xSID de-ba) | Latin
de-muc | Bavarian of Munich | Latin
de-st | South Tyrolean | Latin
en eng en-us eng-us en-gb eng-gb | English | Latin
fo fao | Faroese | Latin
fy fry | Western Frisian | Latin
gsw | Swiss German | Latin
is isl ice | Icelandic | Latin
lb ltz | Luxembourgish | Latin
nb nob | Norwegian Bokmål | Latin
nds | Low German | Latin
nl nld dut | Dutch | Latin
nn nno | Norwegian Nynorsk | Latin
no nor | Norwegian | Latin
sv swe | Swedish | Latin
swg | Swabian | Latin
yi yid ji | Yiddish | Hebrew
Indo-European: Romance
ast | Asturian | Latin
ca cat | Catalan | Latin
es spa es-es es-la spa-latn | Spanish | Latin
fr fra fre fr-fr | French | Latin
gl glg | Galician | Latin
it ita | Italian | Latin
la lat | Latin | Latin
nap | Neapolitan | Latin
oc oci | Occitan | Latin
pms | Piedmontese | Latin
pt por pt-pt por-pt | Portuguese | Latin
pt-br por-br | Portuguese (Brazil) | Latin
ro ron rum | Romanian | Latin
Indo-European: Slavic
be bel | Belarusian | Cyrillic
bg bul | Bulgarian | Cyrillic
bs bos | Bosnian | Latin
cs ces cze | Czech | Latin
csb | Kashubian | Latin
dsb | Lower Sorbian | Latin
hr hrv | Croatian | Latin
hsb | Upper Sorbian | Latin
mk mkd mac | Macedonian | Cyrillic
orv | Old East Slavic | Cyrillic
pl pol | Polish | Latin
ru rus | Russian | Cyrillic
sk slk slo | Slovak | Latin
sl slv | Slovenian | Latin
sr srp srp-cyrl | Serbian | Cyrillic
uk ukr | Ukrainian | Cyrillic
Indo-European: Baltic
lt lit | Lithuanian | Latin
lv lav lvs | Latvian | Latin
Indo-European: Celtic
br bre | Breton | Latin
cy cym wel | Welsh | Latin
ga gle | Irish | Latin
gd gla | Scottish Gaelic | Latin
kw cor | Cornish | Latin
Indo-European: Greek
el ell gre ell-monotonic | Greek | Greek
Indo-European: Albanian
sq sqi alb als | Albanian | Latin
Indo-European: Armenian
hy hye arm | Armenian | Armenian
Indo-European: Iranian
fa fas pes per pes-1 | Persian | Arabic
ku kur kmr | Kurdish | Latin
ps pus pbt | Pashto | Arabic
tg tgk | Tajik | Cyrillic
Indo-European: Indo-Aryan
as asm | Assamese | Bengali
awa | Awadhi | Devanagari
bn ben | Bengali | Bengali
gu guj | Gujarati | Gujarati
hi hin | Hindi | Devanagari
mr mar | Marathi | Devanagari
ne nep npi | Nepali | Devanagari
or ori ory | Odia | Odia
pa pan pa-in | Punjabi | Gurmukhi
sa san | Sanskrit | Devanagari
sd snd | Sindhi | Arabic
si sin | Sinhala | Sinhala
ur urd | Urdu | Arabic
Afro-Asiatic: Semitic
ajp | South Levantine Arabic | Arabic
am amh | Amharic | Ethiopic
ar ara arb | Arabic | Arabic
arq | Algerian Arabic | Arabic
arz | Egyptian Arabic | Arabic
he heb iw | Hebrew | Hebrew
mt mlt | Maltese | Latin
ti tir | Tigrinya | Ethiopic
Afro-Asiatic: Berber
ber | Berber languages | Latin
kab | Kabyle | Latin
Afro-Asiatic: Chadic
ha hau | Hausa | Latin
Afro-Asiatic: Cushitic
om orm gaz | Oromo | Latin
so som | Somali | Latin
Uralic
et est | Estonian | Latin
fi fin | Finnish | Latin
hu hun | Hungarian | Latin
mhr | Eastern Mari | Cyrillic
Turkic
az aze azj aze-latn azj-latn | Azerbaijani | Latin
ba bak | Bashkir | Cyrillic
kk kaz | Kazakh | Cyrillic
ky kir | Kyrgyz | Cyrillic
tk tuk | Turkmen | Latin
tr tur | Turkish | Latin
tt tat | Tatar | Cyrillic
ug uig | Uyghur | Arabic
uz uzb | Uzbek | Latin
Mongolic
mn mon khk | Mongolian | Cyrillic
Kartvelian
ka kat geo | Georgian | Georgian
Basque
eu eus baq | Basque | Latin
Japonic
ja jpn | Japanese | Japanese
Koreanic
ko kor | Korean | Hangul
Sino-Tibetan: Sinitic
wuu | Wu Chinese | Han
yue | Cantonese | Han
zh zho cmn chi zh-cn zho-cn zh-hans cmn-hans | Chinese | Han
zh-tw zh-hk zh-mo zho-tw zh-hant cmn-hant | Chinese (traditional characters) | Han
Sino-Tibetan: Tibeto-Burman
my mya bur | Burmese | Myanmar
Kra-Dai
lo lao | Lao | Lao
th tha | Thai | Thai
Austro-Asiatic
km khm | Khmer | Khmer
vi vie | Vietnamese | Latin
Dravidian
kn kan | Kannada | Kannada
ml mal | Malayalam | Malayalam
ta tam | Tamil | Tamil
te tel | Telugu | Telugu
Austronesian
ace | Acehnese | Latin
ban | Balinese | Latin
bbc | Toba Batak | Latin
bjn | Banjarese | Latin
bug | Buginese | Latin
ceb | Cebuano | Latin
ch cha | Chamorro | Latin
dtp | Kadazan Dusun | Latin
id ind in | Indonesian | Latin
jv jav jw | Javanese | Latin
kzj | Coastal Kadazan | Latin
mad | Madurese | Latin
max | North Moluccan Malay | Latin
mg mlg plt | Malagasy | Latin
min | Minangkabau | Latin
ms msa zsm may mly mly-latn | Malay | Latin
nij | Ngaju | Latin
pam | Kapampangan | Latin
su sun | Sundanese | Latin
tl tgl fil | Tagalog | Latin
war | Waray | Latin
Niger-Congo
bbj | Ghomálá' | Latin
bm bam | Bambara | Latin
ee ewe | Ewe | Latin
fon | Fon | Latin
ig ibo | Igbo | Latin
lg lug | Ganda | Latin
mos | Mossi | Latin
ny nya | Chichewa | Latin
rw kin | Kinyarwanda | Latin
sn sna | Shona | Latin
st sot | Southern Sotho | Latin
sw swa swh | Swahili | Latin
tn tsn | Tswana | Latin
tw twi | Twi | Latin
wo wol | Wolof | Latin
xh xho | Xhosa | Latin
yo yor | Yoruba | Latin
zu zul | Zulu | Latin
Nilo-Saharan
kr kau knc | Kanuri | Latin
luo | Luo | Latin
Quechuan
qu que quy | Quechua | Latin
Aymaran
ay aym ayr | Aymara | Latin
Tupian
gn grn gug | Guarani | Latin
Uto-Aztecan
hch | Wixarika | Latin
nah nhe | Nahuatl | Latin
tar | Rarámuri | Latin
Oto-Manguean
oto ote | Otomi | Latin
Arawakan
cni | Asháninka | Latin
Chibchan
bzd | Bribri | Latin
Panoan
shp | Shipibo-Konibo | Latin
Creole
cbk | Chavacano | Latin
ht hat hat-popular | Haitian Creole | Latin
pcm | Nigerian Pidgin | Latin
Code-switched
qaf | Maghrebi Arabic and French | Latin
qtd | Turkish and German | Latin
qte | Telugu and English | Latin
qti | Turkish and English | Latin
Constructed
eo epo | Esperanto | Latin
ia ina | Interlingua | Latin
ie ile | Interlingue | Latin
io ido | Ido | Latin
lfn | Lingua Franca Nova | Latin
nov | Novial | Latin
tzl | Talossan | Latin
"""
