"""Published files, read as FORMATS.md beside them says: the counts are its counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from xstilts.core.errors import DataError
from xstilts.data.examples import Example
from xstilts.data.locate import Roots, locate_files
from xstilts.data.read import LoadedExamples, ResolvedSource, load_examples
from xstilts.data.readers.catalog import (
    Bio,
    Conllu,
    Csv,
    Jsonl,
    JsonList,
    Mining,
    ParallelText,
    SquadReader,
    Supertags,
    Tsv,
    ZippedFiles,
)
from xstilts.data.row_makers.catalog import ChoiceRow, MinedRow, PairRow, SentencesRow, SpanRow, TagsRow
from xstilts.data.source import Place, Source


@pytest.fixture
def read(shared_data: Path, tmp_path: Path):
    roots = Roots(data=(shared_data,), store=tmp_path, samples=tmp_path / "none")

    def loaded(reader, row, *files: str, language: str = "en") -> LoadedExamples:
        found = locate_files(Source(places=(Place(files=files, read=reader, row=row),)), roots)
        # Resolved by hand: taking fingerprints of every file has its own tests.
        return load_examples(ResolvedSource(files=(), read=reader, row=row, language=language, paths=found.paths))

    return loaded


def labels(loaded: LoadedExamples) -> Counter:
    return Counter(example.label for example in loaded.examples)


def groups(loaded: LoadedExamples) -> list[str]:
    return [example.group for example in loaded.examples]


XNLI = ["ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"]
NLI = PairRow(a="a", b="b", label="label", group_rows=3)
PLAIN = Tsv(columns=("a", "b", "label"))


def test_xnli(read):
    gold = ZippedFiles(readers=(Tsv(columns=("a", "b")), Tsv(header=True)))
    first = None
    for language in XNLI:
        dev = read(PLAIN, NLI, f"xnli/dev-{language}.tsv", language=language)
        assert set(labels(dev).values()) == {830}
        premises: dict[str, set[str]] = {}
        for example in dev.examples:
            premises.setdefault(example.group, set()).add(example.text)
        assert {len(texts) for texts in premises.values()} == {1}  # a group is a premise
        test = read(gold, NLI, f"xnli/test-{language}.tsv", "xnli/sw.genre.test.tsv", language=language)
        assert labels(test) == dict.fromkeys(("entailment", "neutral", "contradiction"), 334)
        found = (groups(dev), groups(test), [example.label for example in test.examples])
        first = first or found
        assert found == first  # the same items in every language
    swahili = read(gold, PairRow(a="sentence1_sw", b="sentence2_sw"), "xnli/test-sw.tsv", "xnli/sw.genre.test.tsv")
    assert [(e.text, e.pair) for e in swahili.examples] == [
        (e.text, e.pair) for e in read(gold, NLI, "xnli/test-sw.tsv", "xnli/sw.genre.test.tsv").examples
    ]
    korean = PairRow(a="sentence1", b="sentence2", label="gold_label", group_rows=3)
    assert len(read(Tsv(header=True), korean, "xnli/xnli.dev.ko.tsv").examples) == 1002


def test_pawsx(read):
    share_of_0 = {"de": 58.5, "en": 56.9, "es": 57.7, "fr": 57.0, "ja": 57.3, "ko": 58.0, "zh": 57.4}
    untranslated = {"de": 68, "es": 38, "ko": 35, "ja": 20, "zh": 16, "fr": 8, "en": 0}
    for language, share in share_of_0.items():
        file = f"pawsx/dev-{language}.tsv"
        scored = labels(read(PLAIN, PairRow(a="a", b="b", label="label"), file))
        assert sum(scored.values()) == 2000
        assert scored["0"] / 20 == pytest.approx(share, abs=0.051)
        trained = read(PLAIN, PairRow(a="a", b="b", label="label", drop=(("a", "NS"), ("b", "NS"))), file)
        assert sum(trained.dropped.values()) == untranslated[language]
    for language, share in (("de", 56.6), ("zh", 56.5)):
        row = PairRow(a="sentence1", b="sentence2", label="label", id="id")
        test = read(Tsv(header=True), row, f"pawsx/x-final/{language}/test_2k.tsv")
        assert labels(test)["0"] / 10 == pytest.approx(share, abs=0.051)


O_SHARE = {
    "dev": "af 71 ar 41 az 66 bg 65 bn 17 de 72 el 70 en 52 es 42 et 66 fa 34 fi 68 fr 48 gu 82 he 65 hi 43 hu 68 "
    "id 45 it 61 ja 73 jv 57 kk 70 ko 67 lt 63 ml 62 mr 59 ms 40 my 73 nl 63 pa 34 pl 64 pt 41 qu 42 ro 44 ru 57 sw 43 "
    "ta 62 te 72 tr 62 uk 61 vi 37 zh 76",
    "wikiann": "de 69 en 51 es 42 nl 63 pl 62 ru 57",
    "masakhane": "amh 62 ibo 67 kin 47 swa 44",
}
PANX = {
    "dev": ("panx/dev-{}.tsv", Bio(columns=("token", "tag")), 1000),
    "wikiann": ("panx/wikiann-{}.test.conllu", Bio(columns=("index", "token", "tag")), 1000),
    "masakhane": ("panx/masakhane-{}.test.txt", Bio(columns=("token", "tag"), separator=" "), 100),
}


@pytest.mark.parametrize("layout", list(PANX))
def test_panx_in_its_three_layouts(read, layout):
    file, reader, usual = PANX[layout]
    few = {"gu", "jv", "my", "pa", "qu"} if layout == "dev" else set()
    for language, share in zip(*[iter(O_SHARE[layout].split())] * 2, strict=True):
        loaded = read(reader, TagsRow(), file.format(language), language=language)
        expected = 1000 if language == "swa" else 100 if language in few else usual
        assert len(loaded.examples) == expected, language
        tags = Counter(tag for example in loaded.examples for tag in example.tags)
        assert 100 * tags["O"] / tags.total() == pytest.approx(int(share), abs=0.51), language
        assert set(tags) <= {"O", *(f"{bi}-{kind}" for bi in "BI" for kind in ("PER", "LOC", "ORG"))}


def test_panx_training_and_untagged_files(read):
    sizes = {"en": 20000, "te": 1000, "gu": 100, "vi": 3000}
    for language, size in sizes.items():
        assert len(read(Bio(columns=("token", "tag")), TagsRow(), f"panx/train-{language}.tsv").examples) == size
    bare = read(Bio(columns=("token",)), TagsRow(tags=None), "panx/test-th.tsv").examples
    assert len(bare) == 500
    assert bare[0].tags is None
    with pytest.raises(DataError, match=r"test-th\.tsv\.gz:1: the row has 1 fields, expected 2"):
        read(Bio(columns=("token", "tag")), TagsRow(), "panx/test-th.tsv")
    tamil = read(Bio(columns=("token", "tag")), TagsRow(), "panx/dev-ta.tsv").examples
    tamil += read(Bio(columns=("token", "tag")), TagsRow(), "panx/train-ta.tsv").examples
    assert sum(word == "\ufeff" for example in tamil for word in example.words) == 15


def sound(loaded: LoadedExamples) -> int:
    """How many examples have answers, all of which stand where they say."""
    answered = [example for example in loaded.examples if example.answers]
    for example in answered:
        for text, start in example.answers:
            assert example.context[start : start + len(text)] == text, example.where
    return len(answered)


def test_xquad_says_the_same_in_every_language(read):
    first = None
    for language in ["ar", "de", "en", "es", "hi", "ru", "th", "vi", "zh"]:
        loaded = read(SquadReader(), SpanRow(), f"xquad/xquad.{language}.json", language=language)
        assert sound(loaded) == 1190
        found = [(example.id, example.group) for example in loaded.examples]
        first = first or found
        assert found == first
    assert len({group for _, group in first}) == 240


def test_mlqa(read):
    sizes = {"ar": 517, "de": 512, "en": 1148, "es": 500, "hi": 507, "vi": 511, "zh": 504}
    ids = {}
    for language, size in sizes.items():
        file = f"mlqa/MLQA_V1/dev/dev-context-{language}-question-{language}.json"
        loaded = read(SquadReader(), SpanRow(group=("id",)), file, language=language)
        assert sound(loaded) == size
        ids[language] = set(groups(loaded))
    assert all(found <= ids["en"] for found in ids.values())
    blank = read(SquadReader(), SpanRow(), "mlqa/MLQA_V1/test/test-context-de-question-es.json")
    assert [example.answers for example in blank.examples] == [None] * 600


def test_tydiqa(read):
    own_id = SpanRow(id=None, group=("context",))
    for language, size in (("en", 3696), ("ko", 1625), ("sw", 2755)):
        file = f"tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.{language}.train.json"
        assert sound(read(SquadReader(), own_id, file, language=language)) == size
        with pytest.raises(DataError, match="occurs twice"):
            read(SquadReader(), SpanRow(), file)
    for language, size in {"ar": 921, "en": 440, "id": 565, "ko": 276, "ru": 812, "sw": 499, "te": 669}.items():
        file = f"tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.{language}.dev.json"
        assert [e.answers for e in read(SquadReader(), SpanRow(), file).examples] == [None] * size


def test_squad(read):
    one = read(SquadReader(), SpanRow(), "squad1/train-v1.1.json")
    assert sound(one) == len(one.examples) == 10593
    assert len(set(groups(one))) == 2053
    two = read(SquadReader(), SpanRow(), "squad2/dev-v2.0.json")
    assert (len(two.examples), sound(two)) == (6078, 6078 - 3168)
    assert sum(example.impossible for example in two.examples) == 3168
    blank = read(SquadReader(), SpanRow(), "squad2/test-v2.0.json").examples
    assert (len(blank), {example.answers for example in blank}) == (5915, {None})


def test_bucc(read):
    files = [f"bucc2018/zh-en.dev.{part}" for part in ("zh", "en", "gold")]
    examples = read(Mining(), MinedRow(), *files).examples
    assert Counter(example.side for example in examples) == {"query": 8624, "candidate": 13589}
    by_id: dict[str, Example] = {example.id: example for example in examples}
    pairs = [(example, by_id[match]) for example in examples for match in example.matches or ()]
    assert len(pairs) == 257
    assert all(query.part == candidate.part for query, candidate in pairs)
    assert Counter(query.part for query, _ in pairs)["tune"] == pytest.approx(128, abs=30)


def test_tatoeba(read, shared_data):
    said = {"amh": 168, "gsw": 117, "tha": 548, "jav": 205, "tam": 307, "tel": 234, "cmn": 1000, "fra": 1000}
    languages = [path.name.split(".")[1].split("-")[0] for path in sorted((shared_data / "tatoeba").glob("*.eng.gz"))]
    assert len(languages) == 104
    for language in languages:
        files = [f"tatoeba/tatoeba.{language}-eng.{side}" for side in (language, "eng")]
        examples = read(ParallelText(), SentencesRow(group=("b",)), *files, language=language).examples
        assert len(examples) == 2 * said.get(language, len(examples) // 2)
        assert all(example.text for example in examples)
        assert len({example.group for example in examples}) == len(examples) // 2


def test_xcopa(read):
    languages = ["id", "it", "qu", "sw", "th", "tr", "vi", "zh"]
    phrases = (("cause", "Why?"), ("effect", "So?"))
    shared = {"prompt": "{premise} {phrase}", "options": ("choice1", "choice2"), "answer": "label"}
    settings = {**shared, "phrases": phrases}
    english = ZippedFiles(readers=(Jsonl(), Jsonl()), prefixes=("", "en_"), on="idx")
    wrong = {}
    for language in languages:
        files = (f"xcopa/{language}/test.{language}.jsonl", "xcopa/en/test-en.jsonl")
        sound = read(english, ChoiceRow(id="idx", phrase="en_question", **settings), *files, language=language).examples
        raw = read(english, ChoiceRow(id="idx", phrase="question", **settings), *files, language=language).examples
        assert Counter(example.answer for example in sound) == {0: 250, 1: 250}
        wrong[language] = sum(a.prompts != b.prompts for a, b in zip(sound, raw, strict=True))
    assert wrong == {"id": 4, "it": 4, "qu": 0, "sw": 37, "th": 250, "tr": 51, "vi": 0, "zh": 0}
    train = read(Jsonl(), ChoiceRow(phrase="question", **settings), "xcopa/en/train-en.jsonl").examples
    assert len(train) == 400
    placeholders = read(Jsonl(), ChoiceRow(phrase="question", **settings), "xcopa/en/test-en.jsonl").examples
    assert {example.answer for example in placeholders} == {0}


def test_english_pairs(read):
    mnli = read(Tsv(header=True), PairRow(a="prem", b="hyp", label="label", group=("prem",)), "mnli/taxinli10k.tsv")
    assert labels(mnli) == {"entailment": 3495, "contradiction": 3375, "neutral": 3201}
    snli = PairRow(a="sentence1", b="sentence2", label="gold_label", group=("sentence1",))
    for part, size in (("train", 8330), ("dev", 1000), ("test", 2000)):
        assert len(read(Tsv(header=True), snli, f"snli/NLI/all_combined/{part}.tsv").examples) == size
    qqp = PairRow(a="question1", b="question2", label="is_duplicate", labels=(("0", "no"), ("1", "yes")))
    assert labels(read(Csv(), qqp, "qqp/train_sample.csv")) == {"no": 626, "yes": 374}


CHOICES = {
    "hellaswag/hellaswag.jsonl": (
        Jsonl(),
        ChoiceRow(prompt="{ctx_a}", options="endings", option="{ctx_b} {option}", answer="label", id="ind"),
        (1000, 26.7),
    ),
    "hellaswag/abstainqa-hellaswag.json": (
        JsonList(at="dev"),
        ChoiceRow(
            prompt="{question}",
            options=("choices.A", "choices.B", "choices.C", "choices.D"),
            answer="answer",
            answer_as="letter",
        ),
        (1000, 25.6),
    ),
    "cosmosqa/valid.csv": (
        Csv(),
        ChoiceRow(
            prompt="{context} {question}",
            options=("answer0", "answer1", "answer2", "answer3"),
            answer="label",
            id="id",
            group=("context",),
        ),
        (2985, 25.5),
    ),
    "commonsenseqa/train_rand_split.jsonl": (Jsonl(), "labelled", (9741, 20.4)),
    "commonsenseqa/dev_rand_split.jsonl": (Jsonl(), "labelled", (1221, 20.9)),
    "arc/ARC-Challenge/ARC-Challenge-Dev.jsonl": (Jsonl(), "labelled", (294, 27.9)),
    "arc/ARC-Challenge/ARC-Challenge-Test.jsonl": (Jsonl(), "labelled", (1150, 26.3)),
    "socialiqa/socialIQa_v1.4_dev.jsonl": (Jsonl(), "lettered", (1954, 33.6)),
    "socialiqa/socialIQa_v1.4_tst.jsonl": (Jsonl(), "lettered", (2224, 33.9)),
}
SHAPES = {
    "labelled": ChoiceRow(
        prompt="{question.stem}",
        options="question.choices.*.text",
        answer="answerKey",
        answer_as="label",
        answer_labels="question.choices.*.label",
        id="id",
    ),
    "lettered": ChoiceRow(
        prompt="{context} {question}",
        options=("answerA", "answerB", "answerC"),
        answer="correct",
        answer_as="letter",
        group=("context",),
    ),
}


@pytest.mark.parametrize("file", list(CHOICES))
def test_choices(read, file):
    reader, row, (size, majority) = CHOICES[file]
    examples = read(reader, SHAPES.get(row, row) if isinstance(row, str) else row, file).examples
    assert len(examples) == size
    ((_, most),) = Counter(example.answer for example in examples).most_common(1)
    assert 100 * most / size == pytest.approx(majority, abs=0.051)
    assert all(text for example in examples for text in (*example.prompts, *example.options))


def test_arc_options_vary_in_number(read):
    counts: Counter[int] = Counter()
    for part in ("Dev", "Test"):
        for example in read(Jsonl(), SHAPES["labelled"], f"arc/ARC-Challenge/ARC-Challenge-{part}.jsonl").examples:
            counts[len(example.options)] += 1
    assert (counts[3], counts[5]) == (6, 3)


def test_ccg(read):
    row = TagsRow(tags="categories")
    sizes = {
        "qus_train.staggedGold": (1328, 11161, 144, 23.7),
        "qus_test.staggedGold": (500, 4078, 113, 23.2),
        "GENIA1000.staggedgold": (1000, 26805, 181, 23.8),
    }
    for file, (sentences, tokens, categories, majority) in sizes.items():
        examples = read(Supertags(), row, f"ccg/{file}").examples
        tags = Counter(tag for example in examples for tag in example.tags)
        assert (len(examples), tags.total(), len(tags)) == (sentences, tokens, categories)
        assert 100 * tags["N"] / tokens == pytest.approx(majority, abs=0.051)
    both = read(Supertags(), row, "ccg/qus_train.staggedGold", "ccg/GENIA1000.staggedgold")
    assert len(both.examples) == 2328


def ud_counts(formats: str) -> dict[str, tuple[int, int]]:
    """Sentences and words of each UD test file, as the section on UD lists them."""
    listed = formats[formats.index("## ud, ud-codeswitch") : formats.index("## srl")]
    listed = listed[listed.index("af_afribooms") : listed.index("Code-switched")]
    splits = r"(?:train \d+/\d+ \w+ \d+, dev \d+/\d+, test )?"
    return {name: (int(s), int(w)) for name, s, w in re.findall(rf"(\w+_\w+) {splits}(\d+)/(\d+)", listed)}


def test_ud_in_every_language(read, shared_data):
    said = ud_counts((shared_data / "FORMATS.md").read_text())
    assert len(said) >= 40
    row = TagsRow(tags="upos", id="sent_id")
    for treebank, (sentences, words) in said.items():
        language = treebank.split("_")[0]
        file = f"ud/{language}/{treebank}-ud-test.conllu"
        examples = read(Conllu(), row, file, language=language).examples
        assert (len(examples), sum(len(example.words) for example in examples)) == (sentences, words), treebank
        assert all(len(tag) <= 5 and tag.isupper() for example in examples for tag in example.tags)


RANGES = {"he_iahltwiki": 2604, "it_pud": 780, "ka_glc": 752, "pt_bosque": 691}


@pytest.mark.parametrize(("treebank", "ranges"), RANGES.items())
def test_xtreme_tokens_of_real_treebanks(read, treebank, ranges):
    language = treebank.split("_")[0]
    file = f"ud/{language}/{treebank}-ud-test.conllu"
    words = read(Conllu(), TagsRow(tags="upos"), file).examples
    fused = read(Conllu(view="xtreme", language=language), TagsRow(tags="upos"), file).examples
    fewer = sum(len(a.words) - len(b.words) for a, b in zip(words, fused, strict=True))
    assert fewer >= ranges
    assert not any(" " in word for example in fused for word in example.words)
    assert all(set(b.tags) <= set(a.tags) for a, b in zip(words, fused, strict=True))


def test_words_with_spaces_and_the_word_underscore(read):
    vietnamese = read(Conllu(), TagsRow(tags="upos"), "ud/vi/vi_vtb-ud-test.conllu").examples
    assert sum(" " in word for example in vietnamese for word in example.words) == 1347
    english = read(Conllu(), TagsRow(tags="upos", id="sent_id"), "ud/en/en_ewt-ud-train.conllu").examples
    assert len(english) == 12544
    assert sum(len(example.words) for example in english) == 204577
    assert sum(word == "_" for example in english for word in example.words) == 5
