import cv2
import numpy as np
import pandas as pd
import pytest

from lpr_helpers.evaluation.attribution import Attribution
from lpr_helpers.evaluation.domain_gap import measure_frames
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Three tracks in red: one with all there is, one whose only file is gone, one without frames."""
    root = tmp_path_factory.mktemp("tracks")
    for kind, size in (("lr", (20, 44, 3)), ("hr", (40, 90, 3))):
        cv2.imwrite(str(root / f"{kind}-001.png"), np.full(size, (0, 0, 200), np.uint8))
    rows = [
        ("train", "A", "Brazilian", "ABC1234"),
        ("train", "B", "Mercosur", "ABC1D34"),
        ("test", "", "", ""),
    ]
    table = pd.DataFrame(rows, columns=["split", "scenario", "layout", "text"])
    corners = {"lr-001.png": [[2, 2], [42, 2], [42, 18], [2, 18]]}
    return table.assign(
        track_id=["t1", "t2", "t3"],
        lr=[[str(root / "lr-001.png")] * 5, [str(root / "gone.png")], []],
        hr=[[str(root / "hr-001.png")] * 5, [], []],
        lr_sizes=[[(44, 20)] * 5, [], []],
        hr_sizes=[[(90, 40)] * 5, [], []],
        corners=[corners, {}, {}],
        trainable=[True, True, False],
    )


@pytest.fixture
def history():
    """Three epochs."""
    rates = [0.1, 0.4, 0.5]
    return pd.DataFrame({"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "recognition_rate": rates})


@pytest.fixture
def results():
    """A right reading, a wrong one, and one of an unknown plate."""
    rows = [("ABC1234", "ABC1234", 0.9), ("ABC1234", "ABC1Z34", 0.3), ("", "ABC", 0.5)]
    return pd.DataFrame(rows, columns=["text", "reading", "confidence"])


@pytest.fixture
def confusion():
    """Counts of all characters, with two kinds of error."""
    names = list(BRAZIL.alphabet)
    frame = pd.DataFrame(20 * np.eye(36, dtype=int), index=names, columns=names)
    frame.loc["O", "0"], frame.loc["8", "B"] = 5, 2
    return frame


@pytest.fixture
def rates():
    """Rates of two groups, with their intervals."""
    columns = {"tracks": [10, 20], "recognition_rate": [0.3, 0.5]}
    ends = {"recognition_rate_low": [0.2, 0.4], "recognition_rate_high": [0.5, 0.55]}
    return pd.DataFrame(columns | ends, index=["A", "B"])


@pytest.fixture
def trials():
    """Three trials to the end, one pruned, one failed before its first epoch, one still in the queue."""
    values = [0.2, 0.4, 0.3, 0.1, np.nan, np.nan]
    settings = {
        "batch_size": 32,
        "learning_rate": [1e-3, 1e-4] * 3,
        "dropout": 0.1,
        "hidden": [128, 128, 256] * 2,
    }
    ends = ["complete"] * 3 + ["pruned", "failed", "waiting"]
    return pd.DataFrame({"state": ends, "character_accuracy": values, **settings})


@pytest.fixture
def protocols():
    """Two epochs in one phase, and one epoch in each of two; the best of these by its plates is the first."""
    names = {"protocol": ["mixed"] * 2 + ["two phases"] * 2, "phase": ["mixed", "mixed", "phase1", "phase2"]}
    rates = {"recognition_rate": [0.0, 0.1, 0.5, 0.25], "character_accuracy": [0.2, 0.3, 0.75, 0.8]}
    return pd.DataFrame(names | {"epoch": [1, 2, 1, 1]} | rates)


@pytest.fixture
def reliability():
    """Two bins, one of them empty."""
    bins = {"bin_from": [0.0, 0.5], "bin_to": [0.5, 1.0], "tracks": [0, 4], "mean_confidence": [np.nan, 0.8]}
    rate = {"recognition_rate": [np.nan, 0.5], "recognition_rate_low": [np.nan, 0.2]}
    return pd.DataFrame(bins | rate | {"recognition_rate_high": [np.nan, 0.9]})


@pytest.fixture
def read():
    """Two tracks of two frames, the second misread at its last place, with what the readings rest on."""
    rows = [("t1", "ABC1234", "ABC1234"), ("t2", "ABC1D04", "ABC1D0Z")]
    results = pd.DataFrame(rows, columns=["track_id", "text", "reading"])
    results = results.assign(confidence=[0.9, 0.6], frame_readings=[["ABC1234", "ABC1235"], ["ABC1D04"]])
    attention = np.full((2, 2, 7, 32), 1 / 64, np.float32)
    valid = np.array([[True, True], [False, True]])
    frames = np.arange(2 * 2 * 32 * 128, dtype=np.uint32).reshape(2, 2, 32, 128).astype(np.uint8)
    attribution = Attribution(frames, attention, np.array([[0.25, 0.75], [0, 1]]), valid, 7)
    return results.assign(frame_confidences=[[0.7, 0.2], [0.5]]), attribution


@pytest.fixture
def by_place():
    """Accuracy and confusions by place."""
    positions = pd.DataFrame({"value": [0.9, 0.8], "low": [0.85, 0.7], "high": [1.0, 0.9]}, index=[1, 2])
    return positions, pd.DataFrame([[3, 0], [1, 2]], index=["O→Q", "others"], columns=[1, 2])


@pytest.fixture
def conditions():
    """Rates by condition, and how far wrong tracks lie from right ones."""
    keys = [("layout", "Brazilian"), ("light", "0.1 to 0.5"), ("light", "0.5 to 0.9")]
    rates = {"tracks": [8, 4, 4], "recognition_rate": [0.5, 0.25, 0.75]}
    ends = {"recognition_rate_low": [0.3, 0.1, 0.5], "recognition_rate_high": [0.7, 0.5, 1.0]}
    delta = {"delta": [-0.5], "delta_low": [-0.8], "delta_high": [0.1]}
    table = pd.DataFrame(rates | ends, index=pd.MultiIndex.from_tuples(keys))
    return table, pd.DataFrame(delta, index=["light"]), {"light": "light: mean grey"}


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """Four tracks: A with corners and HR, two of B with HR alone, and one test track with its LR frames alone."""
    root, rows = tmp_path_factory.mktemp("tracks"), []
    for number, (split, scenario, layout) in enumerate(
        [("train", "A", "Brazilian"), ("train", "B", "Mercosur"), ("val", "B", "Mercosur"), ("test", "", "")]
    ):
        track = make_track(number, scenario or "B", layout or "Mercosur")
        row = {"track_id": f"track_{number}", "split": split, "scenario": scenario, "layout": layout}
        row |= {
            "text": track.text if layout else "",
            "trainable": bool(layout),
            "corners": {},
            "problems": [],
        }
        for kind, frames, places in (
            ("lr", track.lr, track.lr_corners),
            ("hr", track.hr if layout else [], track.hr_corners),
        ):
            row[kind] = [str(root / f"{number}-{kind}-{i}.png") for i in range(len(frames))]
            row[f"{kind}_sizes"] = [frame.shape[1::-1] for frame in frames]
            for file, frame, corners in zip(row[kind], frames, places, strict=False):
                cv2.imwrite(file, frame[:, :, ::-1])
                if scenario == "A":
                    row["corners"][file.rsplit("/", 1)[1]] = corners.tolist()
        rows.append(row)
    rows[1]["problems"] = ["4 of 5 LR frames, lr-004 missing"]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def measures(filmed):
    """What is measured of their frames."""
    return measure_frames(filmed, progress=False)
