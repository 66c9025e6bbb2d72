"""How well suggestions find what they should, on the labelled texts: floors a little below what ``python -m bench.suggest`` measured."""

from __future__ import annotations

import pytest

from bench.suggest import Result, measure, naive, product, texts


@pytest.fixture(scope="module")
def result() -> Result:
    return measure(product, "test")


def test_the_labelled_set_is_large_and_its_labels_lie_in_the_texts() -> None:
    assert len(texts()) >= 700
    assert sum(text.split == "test" for text in texts()) >= 100
    assert len({(text.text, text.role) for text in texts()}) == len(texts())
    for text in texts():
        assert all(0 <= start < end <= len(text.text) for start, end, _kind, _whose in text.spans)


FLOORS = [
    ("email", 0.98, 0.98),
    ("phone", 0.9, 0.98),
    ("personnummer", 0.98, 0.98),
    ("name", 0.93, 0.9),
    ("look", 0.8, 0.8),
]


@pytest.mark.parametrize(("kind", "precision", "recall"), FLOORS)
def test_it_finds_what_it_should_on_texts_it_was_not_tuned_on(
    result: Result, kind: str, precision: float, recall: float
) -> None:
    score = result.scores[kind]
    assert score.precision >= precision, "\n".join(result.wrong)
    assert score.recall >= recall, "\n".join(result.wrong)


@pytest.mark.parametrize(("kind", "precision", "recall"), FLOORS)
def test_it_finds_what_it_should_on_all_texts(kind: str, precision: float, recall: float) -> None:
    score = measure(product, "all").scores[kind]
    assert score.labels >= 40
    assert score.precision >= precision
    assert score.recall >= max(recall, 0.93)


def test_it_is_better_than_plain_patterns() -> None:
    ours, plain = measure(product, "all"), measure(naive, "all")
    assert all(score.f1 > plain.scores[kind].f1 for kind, score in ours.scores.items())
