"""CTC by brute force: every alignment of a small alphabet, written down and summed."""

import itertools
from functools import cache

import numpy as np
import torch
from hypothesis import settings, strategies as st

from lpr_helpers.plates import BRAZIL, PlateFormat

a_law = settings(max_examples=60)


def assert_close(found, expected):
    """Equal log-probabilities, to what float32 can hold."""
    torch.testing.assert_close(
        found.double(), torch.as_tensor(expected, dtype=torch.float64), atol=1e-4, rtol=1e-5
    )


def small_plate(characters):
    return PlateFormat("AB1"[:characters], {"open": "*"})


@cache
def alignments(steps, characters):
    """Every path of classes [paths, steps], and for each the text it collapses to."""
    paths = np.array(list(itertools.product(range(1 + characters), repeat=steps)))
    texts = ["".join("AB1"[c - 1] for c, _ in itertools.groupby(path) if c) for path in paths.tolist()]
    return paths, texts


def brute_force(logits):
    """Log-probability of every text, for one item's logits [T, 1 + A]."""
    log_probs = logits.double().log_softmax(-1).numpy()
    paths, texts = alignments(len(log_probs), log_probs.shape[1] - 1)
    scores = log_probs[np.arange(len(log_probs)), paths].sum(1)
    result = {}
    for text, score in zip(texts, scores.tolist(), strict=True):
        result[text] = np.logaddexp(result.get(text, -np.inf), score)
    return result


@st.composite
def small_logits(draw):
    """Logits [T, 1, 1 + A] with T ≤ 6 and A ≤ 3, from flat to so peaked that exp underflows."""
    steps, characters = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    scale = draw(st.sampled_from([0.0, 1.0, 5.0, 30.0, 300.0]))
    return scale * torch.randn(steps, 1, 1 + characters, generator=generator)


def logits_of(path, confidence=10.0, classes=37):
    """Logits [T, 1, classes] that put ``confidence`` on one class a step."""
    return confidence * torch.nn.functional.one_hot(torch.tensor(path), classes)[:, None].float()


def path_of(symbols):
    """Class indices of a path such as "AA-B", with "-" for the blank."""
    return [0 if s == "-" else 1 + BRAZIL.alphabet.index(s) for s in symbols]
