"""Real and synthetic frames shuffled on one sheet: can you tell which is which?

    python -m tests.benchmarks.contact_sheet --real FOLDER --out sheet.png
    python -m tests.benchmarks.contact_sheet --real FOLDER --half steer --out sheet.png --seed 1 --measure 200

FOLDER holds `track_NNNNN` folders with `lr-001…005` and `annotations.json` (text and layout). The sheet shows middle
frames four times as large, one real frame a plate; every synthetic frame has the size of a real one, and is grey where
that one is. ``sheet-key.csv`` beside the sheet tells which are real. ``--measure`` compares that many synthetic tracks
with as many real ones as there are, figure by figure.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.fresh import as_loaded
from lpr_helpers.synthetic.texts import FREE
from lpr_helpers.utils.images import sharpness
from tests.benchmarks.rectify import in_half
from tests.benchmarks.synthetic import sized

SIZE = (32, 128)
ENLARGED = 4
GAP = 8
GREY = 4.0
"""A frame whose channels lie this near, of 255 and on average, counts as grey."""
SHEET_SEED = 440_044


@dataclass(frozen=True)
class Frames:
    """A track for the sheet: its frames (uint8 RGB [h, w, 3]), where it is from, layout and text."""

    frames: list[np.ndarray]
    source: str
    layout: str
    text: str

    @property
    def middle(self) -> np.ndarray:
        return self.frames[len(self.frames) // 2]


def is_grey(frame: np.ndarray) -> bool:
    """Whether a frame, uint8 RGB [h, w, 3], shows no colour."""
    return float(np.ptp(frame.astype(int), axis=2).mean()) < GREY


def real_tracks(folder: Path, half: str) -> list[Frames]:
    """The tracks of one half of the real plates; raises FileNotFoundError if there are none."""
    found = []
    for path in sorted(folder.glob("track_*")):
        label = json.loads((path / "annotations.json").read_text(encoding="utf-8"))
        images = [cv2.imread(str(file)) for file in sorted(path.glob("lr-*"))]
        if images and in_half(label["plate_text"], half):
            frames = [np.ascontiguousarray(image[..., ::-1]) for image in images]
            found.append(Frames(frames, path.name, label["plate_layout"], label["plate_text"]))
    if not found:
        raise FileNotFoundError(f"no track_NNNNN folders with lr-001… and annotations.json in {folder}")
    return found


def counterpart(real: Frames, seed: tuple[int, ...]) -> Frames:
    """A synthetic track of Scenario B as large as ``real``, grey if it is, of its layout or the nearest there is."""
    height, width = real.middle.shape[:2]
    rng = np.random.default_rng((SHEET_SEED, *seed))
    layout = "Brazilian" if real.layout == "Brazilian" else (FREE, "Mercosur")[rng.integers(2)]
    recipe = sized("B", width, height)
    track = make_track((SHEET_SEED, *seed), "B", layout, recipe=recipe, hr=False)
    quality = int(rng.integers(*recipe.cameras["B"].file_quality))
    frames = [_as_filed(frame, is_grey(real.middle), quality) for frame in track.lr]
    return Frames(frames, "synthetic", layout, track.text)


def _as_filed(frame: np.ndarray, grey: bool, quality: int) -> np.ndarray:
    if grey:
        frame = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    _, data = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def shuffled(real: list[Frames], count: int, seed: int) -> list[Frames]:
    """``count`` tracks, half of them real and each of another plate, in no order."""
    rng = np.random.default_rng(seed)
    plates = {real[i].text: real[i] for i in rng.permutation(len(real))}
    chosen = list(plates.values())[: count // 2]
    models = [chosen[i % len(chosen)] for i in range(count - len(chosen))]
    made = [counterpart(model, (seed, i)) for i, model in enumerate(models)]
    both = chosen + made
    return [both[i] for i in rng.permutation(len(both))]


def sheet(tracks: list[Frames], columns: int) -> np.ndarray:
    """The middle frames side by side, enlarged without smoothing, uint8 RGB."""
    high, wide = (ENLARGED * max(track.middle.shape[axis] for track in tracks) + GAP for axis in (0, 1))
    paper = np.full((high * -(-len(tracks) // columns), wide * columns, 3), 128, np.uint8)
    for place, track in enumerate(tracks):
        image = track.middle.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
        top, left = high * (place // columns), wide * (place % columns)
        paper[top : top + image.shape[0], left : left + image.shape[1]] = image
    return paper


def measures(track: Frames) -> dict[str, float]:
    """Figures of a track's middle frame (grey, 0 to 255) and of how its frames differ."""
    small = cv2.cvtColor(track.middle, cv2.COLOR_RGB2GRAY)
    loaded = np.stack([as_loaded(frame, SIZE, colour=False) for frame in track.frames]).astype(np.float32)
    inside = small[2:-2, 2:-2]
    ring = np.concatenate(
        [part.ravel() for part in (small[:2], small[-2:], small[2:-2, :2], small[2:-2, -2:])]
    )
    low, high = np.percentile(small, (5, 95))
    fine = cv2.subtract(small.astype(np.float32), cv2.GaussianBlur(small.astype(np.float32), (0, 0), 0.7))
    return {
        "mean": small.mean(),
        "standard deviation": small.std(),
        "darkest 5 %": low,
        "brightest 5 %": high,
        "clipped to black, %": 100 * (small <= 2).mean(),
        "clipped to white, %": 100 * (small >= 253).mean(),
        "sharpness, 32 × 128, × 1000": 1000 * float(sharpness(loaded[2].astype(np.uint8))),
        "sharpness, own size, × 1000": 1000 * float(sharpness(small[None])),
        "fine detail / contrast": fine.std() / max(small.std(), 1),
        "border - inside": ring.mean() - inside.mean(),
        "top - bottom": small[: len(small) // 4].mean() - small[-len(small) // 4 :].mean(),
        "left - right edge": abs(float(small[:, :2].mean()) - float(small[:, -2:].mean())),
        "colour": np.ptp(track.middle.astype(int), axis=2).mean(),
        "red - blue": (track.middle[..., 0].astype(int) - track.middle[..., 2]).mean(),
        "change from frame to frame": np.abs(np.diff(loaded, axis=0)).mean(),
        "change of brightness": loaded.mean(axis=(1, 2, 3)).std(),
        "growth, %": 100 * (track.frames[-1].shape[1] / track.frames[0].shape[1] - 1),
    }


def compared(real: list[Frames], made: list[Frames]) -> pd.DataFrame:
    """10th, 50th and 90th percentile of every figure, and how often a synthetic track has the larger one."""
    figures = [pd.DataFrame([measures(track) for track in tracks]) for tracks in (real, made)]
    rows = {}
    for name in figures[0]:
        both = [figure[name].to_numpy(float) for figure in figures]
        cells = {
            f"{kind} {q}": np.percentile(values, q)
            for kind, values in zip(("real", "made"), both, strict=True)
            for q in (10, 50, 90)
        }
        sign = np.sign(both[1][:, None] - both[0][None])
        rows[name] = cells | {"made larger": (1 + sign.mean()) / 2}
    return pd.DataFrame(rows).T


def main() -> None:
    """Read the command line, write the sheet and its key, print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True, help="folder of real tracks")
    parser.add_argument(
        "--half", default="both", choices=("steer", "report", "both"), help="which real plates"
    )
    parser.add_argument("--out", type=Path, required=True, help="the sheet, a .png")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, default=8, help="frames in a row, and rows")
    parser.add_argument("--measure", type=int, default=0, help="synthetic tracks to compare figures of")
    wanted = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        real = real_tracks(wanted.real, wanted.half)
    except FileNotFoundError as error:
        parser.exit(1, f"{error}\n")
    tracks = shuffled(real, wanted.side**2, wanted.seed)
    cv2.imwrite(str(wanted.out), sheet(tracks, wanted.side)[..., ::-1])
    key = [
        (i // wanted.side + 1, i % wanted.side + 1, t.source, t.layout, t.text) for i, t in enumerate(tracks)
    ]
    names = ["row", "column", "source", "layout", "text"]
    key_path = wanted.out.with_name(f"{wanted.out.stem}-key.csv")
    pd.DataFrame(key, columns=names).to_csv(key_path, index=False)
    print(f"{wanted.out} and its key {key_path}")
    if wanted.measure:
        made = [counterpart(real[i % len(real)], (wanted.seed, 1, i)) for i in range(wanted.measure)]
        print(compared(real, made).round(2).to_string())


if __name__ == "__main__":
    main()
