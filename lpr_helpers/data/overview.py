"""What a data set holds, in tables: its tracks, the plates that come back, what a split leaks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.data.splits import SIDES
from lpr_helpers.data.tracks import TrackSet
from lpr_helpers.utils.images import FRAMES


def inventory(table: pd.DataFrame) -> pd.DataFrame:
    """What each split holds of each scenario and layout, one row each.

    table: `TrackSet.table`. Columns: `tracks`; of these those that are `trainable` and those `with corners`; the
    usable `LR frames` and `HR frames`; the image `files`' endings. An unknown scenario or layout is "–".
    """
    frames = table["lr"] + table["hr"]
    shown = table.assign(
        lr=table["lr"].str.len(),
        hr=table["hr"].str.len(),
        corners=table["corners"].map(bool),
        files=[{file.rpartition(".")[2].lower() for file in files} for files in frames],
    ).replace({"scenario": "", "layout": ""}, "–")
    return (
        shown.groupby(["split", "scenario", "layout"])
        .agg(
            tracks=("lr", "size"),
            trainable=("trainable", "sum"),
            with_corners=("corners", "sum"),
            lr_frames=("lr", "sum"),
            hr_frames=("hr", "sum"),
            files=("files", lambda files: ", ".join(sorted(set().union(*files)))),
        )
        .rename(columns={"with_corners": "with corners", "lr_frames": "LR frames", "hr_frames": "HR frames"})
        .reset_index()
        .sort_values("split", key=lambda split: split.map(SIDES.index), kind="stable", ignore_index=True)
    )


def repeated_plates(table: pd.DataFrame) -> pd.DataFrame:
    """The plates that stand in several tracks, most frequent first: `text`, `tracks`, `scenarios`, `layouts`.

    Tracks without a text are left out.
    """
    known = table[table["text"] != ""]
    names = lambda values: ", ".join(sorted(set(values))) or "–"  # noqa: E731
    plates = known.groupby("text").agg(
        tracks=("text", "size"), scenarios=("scenario", names), layouts=("layout", names)
    )
    plates = plates[plates["tracks"] > 1].reset_index()
    return plates.sort_values(["tracks", "text"], ascending=[False, True], ignore_index=True)


def leaks(table: pd.DataFrame, *, fraction: float) -> pd.DataFrame:
    """How much of validation would show a plate that was also trained on, by how the data are divided.

    table: labelled tracks, with the split of `splits.add_split`. fraction: the share that a random split would take
    for validation. Returns one row each for a random split of the frames, a random split of the tracks (both in
    expectation, exact for independent draws), and the table's own split: `split by`, `seen in training` (0 to 1).
    """
    known = table[table["text"] != ""]
    siblings = known.groupby("text")["text"].transform("size").to_numpy() - 1
    trained = set(known.loc[known["split"] == "train", "text"])
    ours = known.loc[known["split"] == "val", "text"].isin(trained)
    frames = 1 - fraction ** (FRAMES * (siblings + 1) - 1.0)
    shares = {"frame": frames.mean(), "track": (1 - fraction ** siblings.astype(float)).mean()}
    shares["plate, as here"] = ours.mean()
    return pd.DataFrame(shares.items(), columns=["split by", "seen in training"])


def shared_plates(table: pd.DataFrame) -> pd.DataFrame:
    """How many plates each two sides of a split have in common: int [sides, sides], the diagonal a side's own plates.

    Tracks without a text are left out, and sides without any.
    """
    known = table[table["text"] != ""]
    stands = pd.crosstab(known["text"], known["split"]).clip(upper=1)
    return (stands.T @ stands).rename_axis(index=None, columns=None)


def group_names(table: pd.DataFrame) -> pd.Series:
    """What each track is compared as: its scenario; where none is known, "test tracks" or "no scenario"."""
    unknown = np.where(table["split"] == "test", "test tracks", "no scenario")
    names = "Scenario " + table["scenario"]
    return names.where(table["scenario"] != "", unknown)


def track_counts(tracks: TrackSet) -> pd.DataFrame:
    """Tracks, those that are trainable, and frames of every kind, one row a split, scenario and layout."""
    kinds = ["lr", "hr", *(modality.name for modality in tracks.modalities)]
    frames = {name: tracks.table[name].map(lambda files: sum(map(bool, files))) for name in kinds}
    sums = {"tracks": ("folder", "size"), "trainable": ("trainable", "sum")}
    sums |= {name: (name, "sum") for name in kinds}
    return tracks.table.assign(**frames).groupby(["split", "scenario", "layout"]).agg(**sums).reset_index()
