"""BIO tags and the spans that they mark."""

from __future__ import annotations

import pytest

from gpu_jobs.kernels.spans.bio import legal_starts, legal_steps, parse, spans_of, strict_f1, tag_set

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]


def test_tag_set_completes_the_types() -> None:
    assert tag_set(["I-B", "O", "B-A"]) == TAGS, "O first, then B and I of each type"
    assert tag_set([]) == ["O"], "O is always there"


def test_only_a_continuation_needs_its_beginning() -> None:
    legal = legal_steps(TAGS)
    assert legal[:, [0, 1, 3]].all(), "O and B may follow anything"
    assert legal[:, 2].tolist() == [False, True, True, False, False], "I-A follows B-A and I-A only"
    assert legal_starts(TAGS).tolist() == [True, True, False, True, False], "no sentence begins inside a span"


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-A I-A O B-B", {(0, 2, "A"), (3, 4, "B")}),
        ("B-A B-A", {(0, 1, "A"), (1, 2, "A")}),
        ("O I-A I-A", {(1, 3, "A")}),
        ("B-A I-B", {(0, 1, "A"), (1, 2, "B")}),
        ("", set()),
    ],
)
def test_spans(tags: str, spans: set[tuple[int, int, str]]) -> None:
    assert spans_of(tags.split()) == spans, "spans as the CoNLL evaluation reads them"


def test_strict_f1_by_hand() -> None:
    found, truth = [{(0, 2, "A"), (3, 4, "B")}, set()], [{(0, 2, "A"), (3, 4, "A")}, {(0, 1, "B")}]
    assert strict_f1(found, truth) == (1 / 2, 1 / 3, 2 / 5), "one of two found is right, one of three is found"


@pytest.mark.parametrize("label", ["B", "B-", "X-PER", "O o", "BPER"])
def test_other_tags_are_refused(label: str) -> None:
    with pytest.raises(ValueError, match="BIO"):
        parse(label)
