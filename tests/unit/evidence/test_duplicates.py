"""Records of several services that are one work become one, with its versions in order."""

from __future__ import annotations

from xstilts.evidence.duplicates import merge_works
from xstilts.evidence.works import WorkRecord

TITLE = "Intermediate tasks help: nine of them"


def record(source: str = "arxiv", title: str = TITLE, **values: object) -> WorkRecord:
    named = {"authors": ("Ünal Doğan",), "year": 2098, **values}
    return WorkRecord(source=source, id=f"{source}{values}", title=title, **named)  # type: ignore[arg-type]


def test_doi_and_arxiv_id_join_records_and_versions_are_in_order():
    records = [
        record("crossref", doi="10.5555/a"),
        record(arxiv_id="9901.00001", version=2, doi="10.5555/a", abstract="two"),
        record(arxiv_id="9901.00001", version=1, title="Before: another title", abstract="one"),
        record("openalex", doi="10.48550/arxiv.9901.00001", arxiv_id="9901.00001"),
    ]
    (work,) = merge_works(records)
    assert [version.name for version in work.versions] == ["v1", "v2", "preprint", "published"]
    assert work.newest.abstract == "two" and work.doi == "10.5555/a" and work.key == "dogan2098intermediate"
    assert work.sources == ("arxiv", "openalex", "crossref")


def test_titles_join_across_accents_case_and_a_subtitle():
    records = [record(title="Zero labels and zero problems"), record("acl", title="Zero Labels and Zéro Problems!")]
    assert len(merge_works([*records, record("crossref", title="Zero labels and zero problems: a study")])) == 1


def test_what_differs_stays_apart():
    one = record(doi="10.5555/a")
    others = [
        record(doi="10.5555/b"),  # another publication
        record(year=2090),
        record(authors=("Li Wei",)),
        record(title="Intermediate tasks help"),  # too short to be the same by what stands before its colon
    ]
    for other in others:
        assert len(merge_works([one, other])) == 2, other
    parts = [record(title="A study of transfer, part 1"), record(title="A study of transfer, part 2")]
    assert len(merge_works(parts)) == 2


def test_a_third_record_never_joins_two_publications():
    records = [record(doi="10.5555/a"), record(doi="10.5555/b"), record("openalex")]
    assert len(merge_works(records)) == 2


def test_keys_of_a_bibliography_are_unique():
    works = merge_works([record(doi="10.5555/a"), record(doi="10.5555/b")])
    assert len({work.key for work in works}) == 2


def test_what_one_service_says_is_withdrawn_is_flagged_with_its_name():
    (work,) = merge_works([record(doi="10.5555/a"), record("openalex", doi="10.5555/a", withdrawn="retracted")])
    assert work.withdrawn == "retracted (openalex)"
