"""Which sentences of the documents answer a question? It copies them out and writes none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from headwater.analysis.asked_terms import Want, asked_terms, section_suits, terms, wants
from headwater.analysis.disagreement import Statement, disagreements
from headwater.analysis.extraction import Candidate, choose_sentences
from headwater.analysis.sentences import Sentence, split_sentences
from headwater.analysis.words import Collection, rarity, words
from headwater.model.document import DocumentName, Passage
from headwater.packs.knowledge.finding import Ranked, names_of

SUPPORTED = 0.55
"""The least share of a question's telling words that one passage has, with its title and headings.

Fixed on the 117 runbooks of prometheus-operator with 60 questions that they answer (least 0.57)
and 30 that they do not (most 0.52), see `docs/decisions/documents.md`.
"""
DOCUMENTS = 3
"""From how many documents sentences are taken at most."""
UNNAMED = 0.35
"""What a passage of a document that the question does not name counts, where it names another."""
UNSUITED = 0.4
"""What a passage counts under a heading of another kind than what is asked for."""
UNFOUND = 0.65
"""What a passage of the best document counts at least, however far down it was found."""
LATER = 0.8
"""What a passage of the next document counts, beside one of the document before it."""
MOST_LED = 6
"""Items of a list that follow the sentence which leads to them."""
LONGEST_CODE = 600
LATER_ON, OWN_LEAST = 0.01, 0.8
"""What each sentence before it takes from a sentence's worth, and what it keeps at least."""
MOSTLY_LINK, POINTER = 0.5, 0.5
"""A sentence with less of its own than this share is a pointer elsewhere, and counts half."""
LEAST_WORDS = 2
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|https?://\S+|\{\{.*?\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSentence:
    """A sentence as it stands in a passage, and where exactly: characters of the document."""

    text: str
    document: DocumentName
    passage_id: int
    section: str
    page: int | None
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """Two sentences of an answer, by place from 0, whose sources give different figures."""

    first: int
    second: int
    first_figure: str
    second_figure: str
    about: list[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence with its passage, the words that it stands under, and what speaks for it."""

    sentence: Sentence
    passage: Passage
    candidate: Candidate


def support_of(question: str, passages: Iterable[Passage]) -> float:
    """Return the largest share of the question's telling words that one passage has, 0 to 1."""
    weights = asked_terms(question)
    total = sum(weights.values())
    if not total:
        return 0.0
    shares = (
        sum(weights[word] for word in sorted(weights.keys() & _words_of(one))) / total
        for one in passages
    )
    return round(max(shares, default=0.0), 4)


def _words_of(passage: Passage) -> frozenset[str]:
    return frozenset(terms(passage.text)) | _context(passage)


def _context(passage: Passage) -> frozenset[str]:
    """Return the words that a passage stands under: title, headings and its file's name."""
    return frozenset(terms(passage.section)).union(*names_of(passage.document))


def extract(
    question: str, ranked: Sequence[Ranked], whole: Sequence[Passage], *, limit: int
) -> list[CitedSentence]:
    """Return the sentences that answer a question best, in the order in which they read.

    `ranked` are the passages found, `whole` those of the best document besides. A sentence that
    leads to a list or to code is followed by that.
    """
    priors = _priors(question, ranked, whole)
    passages = {one.id: one for one in (*(each.passage for each in ranked), *whole)}
    places = [
        place for number, prior in priors.items() for place in _places(passages[number], prior)
    ]
    weights = _weights(question, [passages[number] for number in priors])
    chosen = choose_sentences([one.candidate for one in places], weights, limit=limit)
    scores = dict(chosen)
    order = list(dict.fromkeys(places[at].passage.document.id for at, _ in chosen))
    shown = sorted(
        _led(places, scores),
        key=lambda pair: (
            order.index(pair[0].passage.document.id),
            pair[0].passage.position,
            pair[0].sentence.start,
        ),
    )
    return [_cited(place, score) for place, score in shown]


def _priors(question: str, ranked: Sequence[Ranked], whole: Sequence[Passage]) -> dict[int, float]:
    """Return what speaks for each passage, 0 to 1: how well it was found, and its heading."""
    kept = list(dict.fromkeys(one.passage.document.id for one in ranked))[:DOCUMENTS]
    named = _named(question, ranked)
    first = best_document(question, ranked)
    best = max((one.score for one in ranked), default=1.0)
    found = {one.passage.id: one.score / best for one in ranked}
    wanted = wants(question)
    priors: dict[int, float] = {}
    for passage in (*(one.passage for one in ranked), *whole):
        document = passage.document.id
        if document not in kept and document != first:
            continue
        prior = found.get(passage.id, 0.0)
        if document == first:
            prior = max(prior, UNFOUND)
        else:
            prior *= UNNAMED if named else LATER ** kept.index(document)
        priors[passage.id] = prior * _suiting(passage.section, wanted)
    return priors


def best_document(question: str, ranked: Sequence[Ranked]) -> int | None:
    """Return the document that a question names, else that of the best passage, by id."""
    first = (*_named(question, ranked), *(one.passage.document.id for one in ranked))
    return next(iter(first), None)


def _named(question: str, ranked: Sequence[Ranked]) -> list[int]:
    asked = set(words(question))
    return [
        one.passage.document.id
        for one in ranked
        if any(len(name) > 1 and name <= asked for name in names_of(one.passage.document))
    ]


def _suiting(section: str, wanted: Sequence[Want]) -> float:
    """Return 1 under a heading of the kind asked for, less under that of a second choice."""
    last = section.rpartition(" > ")[2]
    for place, want in enumerate(wanted):
        if want == "any" or section_suits(last, want):
            return 1.0 - 0.1 * place
    return UNSUITED


def _weights(question: str, passages: Sequence[Passage]) -> dict[str, float]:
    """Return what each telling word of the question weighs, by its rarity in these passages."""
    held = [_words_of(one) for one in passages]
    whole = Collection(len(held), len(held))
    return {
        word: weight * rarity(sum(word in one for one in held), whole)
        for word, weight in asked_terms(question).items()
    }


def _places(passage: Passage, prior: float) -> Iterable[Place]:
    context = _context(passage)
    for place, sentence in enumerate(split_sentences(passage.text)):
        plain = _LINK.sub(r"\1", sentence.text)
        own = frozenset(terms(plain))
        tells = sentence.kind != "heading" and (len(own) >= LEAST_WORDS or _leads(sentence))
        alone = tells and sentence.kind != "code"
        worth = prior * max(1 - LATER_ON * place, OWN_LEAST)
        if len(plain) < MOSTLY_LINK * len(sentence.text):
            worth *= POINTER
        candidate = Candidate(words=own, context=context, prior=worth if alone else 0.0)
        if tells:
            yield Place(sentence, passage, candidate)


def _led(places: Sequence[Place], scores: Mapping[int, float]) -> Iterable[tuple[Place, float]]:
    """Give the chosen places, with the list or the code that a chosen one leads to."""
    given: set[int] = set()
    for at in sorted(scores):
        for led in (at, *(_followers(places, at) if _leads(places[at].sentence) else ())):
            if led not in given:
                given.add(led)
                yield places[led], scores.get(led, scores[at])


def _leads(sentence: Sentence) -> bool:
    return sentence.kind != "code" and sentence.text.rstrip("*_ ").endswith(":")


def _followers(places: Sequence[Place], at: int) -> Iterable[int]:
    for led in range(at + 1, min(at + 1 + MOST_LED, len(places))):
        one = places[led].sentence
        if places[led].passage.id != places[at].passage.id or one.kind == "prose":
            return
        if one.kind == "code" and len(one.text) > LONGEST_CODE:
            return
        yield led
        if one.kind == "code":
            return


def _cited(place: Place, score: float) -> CitedSentence:
    passage, sentence = place.passage, place.sentence
    exact = len(passage.text) == passage.end - passage.start
    return CitedSentence(
        text=sentence.text,
        document=passage.document,
        passage_id=passage.id,
        section=passage.section,
        page=passage.page,
        start=passage.start + sentence.start if exact else passage.start,
        end=passage.start + sentence.end if exact else passage.end,
        score=round(score, 6),
    )


def differing(sentences: Sequence[CitedSentence]) -> list[Differing]:
    """Return where sentences of different documents give different figures for the same."""
    statements = [Statement(one.text, one.document.id) for one in sentences]
    return [
        Differing(
            first=one.first,
            second=one.second,
            first_figure=one.first_figure,
            second_figure=one.second_figure,
            about=list(one.about),
        )
        for one in disagreements(statements)
    ]
