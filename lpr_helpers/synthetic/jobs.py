"""Which tracks a generated data set has: their ids, layouts, texts and seeds, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lpr_helpers.synthetic.recipe import RECIPE, Recipe
from lpr_helpers.synthetic.texts import FREE, plate_text


@dataclass(frozen=True)
class Job:
    """One track to make: where it goes and the seeds that fully determine it."""

    track_id: str
    split: str
    scenario: str
    layout: str
    text: str
    seed: tuple[int, ...]
    plate_seed: tuple[int, ...]

    @property
    def folder(self) -> Path:
        """Folder of the track below the data set's root."""
        if self.split == "test":
            return Path("test", self.track_id)
        return Path("train", f"Scenario-{self.scenario}", self.layout, self.track_id)


def plan(
    train: tuple[int, int], test: int, seed: int, recipe: Recipe = RECIPE, *, free: float = 0.0
) -> list[Job]:
    """All tracks of a data set (parameters as in `write_dataset`), those for training first; no test plate occurs in
    training, and some plates of Scenario A occur in two tracks.
    """
    jobs: list[Job] = []
    texts: set[str] = set()
    for split, scenario, count in (("train", "A", train[0]), ("train", "B", train[1]), ("test", "B", test)):
        anyhow = round(count * free)
        brazilian = round((count - anyhow) * recipe.brazilian_share[scenario])
        shares = {"Brazilian": brazilian, "Mercosur": count - anyhow - brazilian}
        if recipe.layout:
            shares = {recipe.layout: count - anyhow}
        for layout, number in (*shares.items(), (FREE, anyhow)):
            again = round(number * recipe.recurring_share / (1 + recipe.recurring_share)) * (scenario == "A")
            for i in range(number):
                index = len(jobs)
                if i >= number - again:
                    seen = jobs[index - (number - again)]
                    text, plate_seed = seen.text, seen.plate_seed
                else:
                    text, plate_seed = _fresh_plate(seed, index, layout, texts, recipe)
                jobs.append(Job("", split, scenario, layout, text, (seed, index, 1), plate_seed))
    ids = _track_ids(sum(train), test, seed)
    return [replace(job, track_id=name) for job, name in zip(jobs, ids, strict=True)]


def _fresh_plate(
    seed: int, index: int, layout: str, texts: set[str], recipe: Recipe
) -> tuple[str, tuple[int, ...]]:
    """Text and seed of a plate whose text no earlier plate has; the text is added to ``texts``."""
    attempt = 0
    while True:
        plate_seed = (seed, index, 0, attempt)
        text = plate_text(layout, np.random.default_rng(plate_seed), recipe.plates)
        if text not in texts:
            texts.add(text)
            return text, plate_seed
        attempt += 1


def _track_ids(train: int, test: int, seed: int) -> list[str]:
    """Training ids from 1 on without gaps; test ids above them with gaps and in no order of layout."""
    rng = np.random.default_rng([seed, train, test])
    numbers = [*range(1, train + 1), *(train + 1 + rng.permutation(2 * test)[:test])]
    return [f"track_{number:05d}" for number in numbers]
