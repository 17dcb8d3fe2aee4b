"""A data set of plates that no country has, five of 37 characters: what are weights for other plates worth there?

Argentine plates are drawn and filmed as ``make-data --style argentine`` does, and every frame is cut after the fifth
character: ``AB 123``. The alphabet has another order, and one character more.

    python -m tests.benchmarks.five_characters FOLDER
    LPR_DATA=FOLDER LPR_PROFILE=demo LPR_READER=ours lpr-helpers train phase1 phase2
"""

import argparse
import json
from pathlib import Path

from lpr_helpers.plates import DIGITS, LETTERS
from lpr_helpers.synthetic import ARGENTINE, ROSARIO, make_track
from lpr_helpers.utils.opencv import cv2

FORMAT = f'alphabet = "{LETTERS}Ñ{DIGITS}"\n\n[layouts]\nFive = "LLDDD"\n'
CUT = 271 / 400
"""Between the fifth and the sixth character, from the left edge of the plate, as a share of its width."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--train", type=int, default=600)
    parser.add_argument("--test", type=int, default=400)
    options = parser.parse_args(arguments)
    options.root.mkdir(parents=True)
    (options.root / "plates.toml").write_text(FORMAT, encoding="utf-8")
    for number in range(options.train + options.test):
        side = "train" if number < options.train else "test"
        write_cut(options.root / side / f"track_{number:05d}", number)


def write_cut(folder: Path, seed: int) -> None:
    """A track with its annotation, cut after the fifth character."""
    track = make_track(seed, "B", ARGENTINE, recipe=ROSARIO, hr=False)
    folder.mkdir(parents=True)
    for number, (frame, corners) in enumerate(zip(track.lr, track.lr_corners, strict=True), 1):
        left, right = corners[:, 0].min(), corners[:, 0].max()
        cut = frame[:, : max(4, round(left + CUT * (right - left)))]
        cv2.imwrite(str(folder / f"lr-{number:03d}.png"), cut[..., ::-1])
    told = {"plate_layout": "Five", "plate_text": track.text[:5]}
    (folder / "annotations.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
