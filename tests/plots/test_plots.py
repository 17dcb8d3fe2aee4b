"""The pictures: what they show, that they close, and that nothing to show is said in words."""

from dataclasses import replace

import cv2
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lpr_helpers import plots
from lpr_helpers.data.frames import Packed
from lpr_helpers.evaluation.attribution import Attribution
from lpr_helpers.evaluation.confusions import confusion as tally
from lpr_helpers.evaluation.confusions import swaps, top_confusions
from lpr_helpers.evaluation.domain_gap import measure_frames
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.glyphs import FACES
from lpr_helpers.training.phases import PHASE1, Phase

RECORDED = {"val_loss": 2.0, "character_accuracy": 0.6, "learning_rate": 1e-3} | {
    "tracks_per_s": 81.0,
    "seconds": 60.0,
    "peak_memory_mb": 812.0,
}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
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
    rates = [0.1, 0.4, 0.5]
    return pd.DataFrame({"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "recognition_rate": rates})


@pytest.fixture
def results():
    rows = [("ABC1234", "ABC1234", 0.9), ("ABC1234", "ABC1Z34", 0.3), ("", "ABC", 0.5)]
    return pd.DataFrame(rows, columns=["text", "reading", "confidence"])


@pytest.fixture
def confusion():
    names = list(BRAZIL.alphabet)
    frame = pd.DataFrame(20 * np.eye(36, dtype=int), index=names, columns=names)
    frame.loc["O", "0"], frame.loc["8", "B"] = 5, 2
    return frame


@pytest.fixture
def rates():
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
    bins = {"bin_from": [0.0, 0.5], "bin_to": [0.5, 1.0], "tracks": [0, 4], "mean_confidence": [np.nan, 0.8]}
    rate = {"recognition_rate": [np.nan, 0.5], "recognition_rate_low": [np.nan, 0.2]}
    return pd.DataFrame(bins | rate | {"recognition_rate_high": [np.nan, 0.9]})


def words(figure):
    """Everything that is written in a figure."""
    figure.canvas.draw()
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text().strip())


@pytest.fixture
def read():
    """Two tracks of two frames, the second misread at its last place, with where a reader looked."""
    rows = [("t1", "ABC1234", "ABC1234"), ("t2", "ABC1D04", "ABC1D0Z")]
    results = pd.DataFrame(rows, columns=["track_id", "text", "reading"])
    results = results.assign(confidence=[0.9, 0.6], frame_readings=[["ABC1234", "ABC1235"], ["ABC1D04"]])
    attention = np.full((2, 2, 7, 32), 1 / 64, np.float32)
    valid = np.array([[True, True], [False, True]])
    frames = np.arange(2 * 2 * 32 * 128, dtype=np.uint32).reshape(2, 2, 32, 128).astype(np.uint8)
    looked = Attribution(frames, attention, np.array([[0.25, 0.75], [0, 1]]), valid, 7)
    return results.assign(frame_confidences=[[0.7, 0.2], [0.5]]), looked


@pytest.fixture
def by_place():
    positions = pd.DataFrame({"value": [0.9, 0.8], "low": [0.85, 0.7], "high": [1.0, 0.9]}, index=[1, 2])
    return positions, pd.DataFrame([[3, 0], [1, 2]], index=["O→Q", "others"], columns=[1, 2])


@pytest.fixture
def conditions():
    keys = [("layout", "Brazilian"), ("light", "0.1 to 0.5"), ("light", "0.5 to 0.9")]
    rates = {"tracks": [8, 4, 4], "recognition_rate": [0.5, 0.25, 0.75]}
    ends = {"recognition_rate_low": [0.3, 0.1, 0.5], "recognition_rate_high": [0.7, 0.5, 1.0]}
    delta = {"delta": [-0.5], "delta_low": [-0.8], "delta_high": [0.1]}
    table = pd.DataFrame(rates | ends, index=pd.MultiIndex.from_tuples(keys))
    return table, pd.DataFrame(delta, index=["light"]), {"light": "light: mean grey"}


@pytest.fixture
def pictures(
    table, history, results, confusion, rates, reliability, trials, protocols, read, by_place, conditions
):
    images = np.zeros((2, 32, 128), np.uint8)
    packed = Packed(np.zeros((2, 2, 1, 32, 128), np.uint8), np.ones((2, 2), bool))
    measures = measure_frames(table.head(1), progress=False)
    return {
        "track_sheet": plots.track_sheet(table, hr=True),
        "counts": plots.counts(table),
        "sizes": plots.sizes(table),
        "characters": plots.characters(table),
        "corners": plots.corners(table),
        "shrinking": plots.shrinking(table),
        "gap": plots.domain_gap(measures),
        "extremes": plots.extremes(measures),
        "changes": plots.changes(measures),
        "making": plots.making(),
        "letters": plots.letters(),
        "learning_curves": plots.learning_curves(history),
        "training_view": plots.training_view(history.assign(**RECORDED), PHASE1),
        "augmentation_gallery": plots.augmentation_gallery(images, {"light": images / 255}),
        "before_after": plots.before_after(rates, rates + 0.1),
        "confusion_matrix": plots.confusion_matrix(confusion),
        "reliability_diagram": plots.reliability_diagram(reliability),
        "confidence_histogram": plots.confidence_histogram(results),
        "places": plots.places(*by_place),
        "conditions": plots.conditions(*conditions),
        "confusion_crops": plots.confusion_crops(*read, swaps(read[0]), top_confusions(tally(read[0]))),
        "attention": plots.attention(*read, [0, 1]),
        "evidence": plots.saliency(read[0], packed, {1: np.ones((2, 32, 128))}, [0, 1]),
        "tuning": plots.tuning(trials),
        "protocols": plots.protocols(protocols),
    }


@pytest.mark.filterwarnings("error::UserWarning", "ignore::DeprecationWarning")
def test_every_picture_draws_legibly_without_warning_and_leaves_no_open_figure(pictures):
    assert set(pictures) | {"LiveCurves", "read_image", "use_style"} == set(plots.__all__)
    assert plt.get_fignums() == []
    for name, figure in pictures.items():
        assert words(figure), name
        written = [text for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]
        assert min(text.get_fontsize() for text in written) >= 9, name
        assert 6 <= figure.get_figwidth() <= 10, name


def test_a_picture_that_fails_leaves_no_open_figure(table):
    with pytest.raises(KeyError):
        plots.sizes(table.drop(columns="hr_sizes"))
    assert plt.get_fignums() == []


def test_the_style_of_one_picture_does_not_leak_into_a_users_own(table):
    with plt.rc_context({"font.size": 5}):
        plots.counts(table)
        assert plt.rcParams["font.size"] == 5
        plots.use_style()
        assert plt.rcParams["font.size"] >= 9


def test_a_track_sheet_shows_frames_in_true_aspect_with_corners_and_names_lost_files(table):
    figure = plots.track_sheet(table, n=2, hr=True)
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 10
    assert all(axis.get_aspect() == 1 and axis.images[0].get_interpolation() == "nearest" for axis in shown)
    assert sum(len(axis.lines) for axis in shown) == 5
    assert shown[0].images[0].get_array()[0, 0].tolist() == [200, 0, 0]
    assert "gone.png" in words(figure)
    assert "ABC1234 · Brazilian · Scenario A" in words(figure)


def test_counts_follow_the_order_of_the_splits_and_write_their_numbers(table):
    figure = plots.counts(pd.concat([table, table.assign(split="val", scenario="B", layout="Mercosur")]))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [
        "train · Scenario A",
        "train · Scenario B",
        "val · Scenario B",
        "test · unknown scenario",
    ]
    assert "3 Mercosur" in words(figure)


def test_characters_are_shares_of_the_texts_of_one_layout(table):
    more = pd.concat([table, table.assign(text="abc"), table.assign(text="XBC1234", layout="Brazilian")])
    panel = plots.characters(more).axes[0]
    assert panel.get_title(loc="left").endswith("4 texts")
    share = panel.images[0].get_array()
    assert share.filled(0).sum(axis=1) == pytest.approx(np.ones(7))
    assert share[0, BRAZIL.alphabet.index("X")] == pytest.approx(0.75)


def test_characters_follow_another_plate_format():
    plate = PlateFormat(alphabet="01AB", layouts={"Mine": "LD"})
    panel = plots.characters(
        pd.DataFrame({"text": ["A1"], "layout": ["Mine"], "scenario": [""]}), plate
    ).axes[0]
    assert panel.images[0].get_array().shape == (2, 4)


@pytest.mark.parametrize(("scenario", "layout"), [("A", "Brazilian"), ("B", "Mercosur"), ("B", "Free")])
def test_the_making_of_a_track_shows_every_step_in_order_and_ends_in_the_tracks_own_frames(scenario, layout):
    steps = []
    watch = lambda name, image: steps.append((name, image.copy()))  # noqa: E731
    track = make_track(5, scenario, layout, watch=watch)
    shown = [axis for axis in plots.making(5, scenario, layout).findobj(mpl.axes.Axes) if axis.images]
    made = [(f"{number} · {name}", image) for number, (name, image) in enumerate(steps, 1)]
    made += [(f"LR {number}", frame) for number, frame in enumerate(track.lr, 1)] + [("HR 1", track.hr[0])]
    assert len(shown) == len(made) >= 13
    for axis, (name, image) in zip(shown, made, strict=True):
        assert axis.get_title(loc="left") == f"{name}\n{image.shape[1]} × {image.shape[0]} px"
        assert np.array_equal(axis.images[0].get_array(), image), name
        assert axis.get_aspect() == 1
        assert image.shape[1] > 200 or axis.images[0].get_interpolation() == "nearest"


def test_the_making_names_the_plate_it_shows_and_is_the_same_every_time():
    first, again = plots.making(5), plots.making(5)
    assert make_track(5, "B", "Mercosur").text + " · Mercosur · Scenario B" in words(first)
    assert words(first) == words(again)


def test_the_letters_of_both_faces_stand_above_those_of_a_free_font():
    lines = plots.letters().axes
    titles = [axis.get_title(loc="left") for axis in lines]
    assert titles[::2] == [f"{face}: our own dies" for face in FACES]
    assert all(title.endswith("a free font") for title in titles[1::2])
    for axis in lines:
        cells = np.split(axis.images[0].get_array()[..., 0], len(BRAZIL.alphabet), axis=1)
        assert all(cell.min() < 50 and cell[:, [0, -1]].mean() > 200 for cell in cells)


def test_phases_follow_one_another_on_the_epoch_axis(history):
    both = pd.concat([history.assign(phase="one"), history.head(2).assign(phase="two")])
    loss = plots.learning_curves(both).axes[0]
    drawn = [
        list(line.get_xdata()) for line in loss.lines if len(line.get_xdata()) and line.get_marker() == "o"
    ]
    assert drawn == [[1, 2, 3], [4, 5]]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training"]


def test_what_a_history_lacks_is_named_not_invented(history):
    assert words(plots.learning_curves(history.drop(columns="loss"))).count("not recorded") == 2
    assert "812 tracks a second" in words(plots.learning_curves(history.assign(tracks_per_s=812.0)))


def test_the_rate_of_a_known_schedule_is_drawn_all_the_way_not_at_the_ends_of_epochs(history):
    phase = Phase("phase1", epochs=3, schedule="cosine", learning_rate=2e-3)
    history = history.assign(phase="phase1", learning_rate=[1e-3, 5e-4, 1e-9])
    drawn = plots.learning_curves(history, [phase]).axes[2].lines[0].get_ydata()
    assert max(drawn) == pytest.approx(2e-3, rel=0.01)


def test_the_rates_of_all_phases_lie_within_view(history):
    first = Phase("phase1", epochs=3, schedule="cosine", learning_rate=1e-3)
    plan = [first, replace(first, name="phase2", learning_rate=1e-4)]
    both = pd.concat([history.assign(phase=phase.name) for phase in plan], ignore_index=True)
    axis = plots.learning_curves(both.assign(epoch=range(1, len(both) + 1)), plan).axes[2]
    assert axis.get_ylim()[0] < 1e-4
    assert axis.get_ylim()[1] > 1e-3


def test_live_curves_do_nothing_outside_a_notebook_and_update_one_display_inside(history, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "lpr_helpers.plots.training.display", lambda *_, **__: shown.append("new") or Handle()
    )

    class Handle:
        def update(self, _):
            shown.append("update")

    live = plots.LiveCurves()
    live.update(history)
    assert shown == []
    kernel = type("Shell", (), {"kernel": object()})
    monkeypatch.setattr("lpr_helpers.plots.training.get_ipython", lambda: kernel)
    live(history)
    live(history)
    assert shown == ["new", "update"]


@pytest.mark.parametrize("shape", [(3, 32, 128), (3, 1, 32, 128), (3, 3, 32, 128)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_gallery_shows_every_kind_of_image_at_its_true_brightness(shape, dtype):
    white = np.full(shape, 255 if dtype == np.uint8 else 1, dtype)
    figure = plots.augmentation_gallery(white, {"dark": white * 0}, n=2)
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert [float(image.mean()) for image in shown] == [1, 1, 0, 0]


def test_the_gallery_refuses_images_of_another_shape():
    with pytest.raises(ValueError, match=r"light.*\[N, 3, H, W\]"):
        plots.augmentation_gallery(np.zeros((2, 8, 8)), {"light": np.zeros((2, 8, 8, 3))})


def test_before_and_after_write_the_gain_of_groups_that_both_hold(rates):
    figure = plots.before_after(rates, (rates + 0.1).rename(index={"B": "new"}))
    assert words(figure).count("points") == 1
    assert "+10.0 points" in words(figure)
    assert "A (10 tracks)" in words(figure)


def test_a_confusion_matrix_colours_errors_only_and_names_the_blocks_of_digits_and_letters(confusion):
    confusion.loc["D", "O"] = 1
    figure = plots.confusion_matrix(confusion)
    axis = figure.axes[0]
    right, errors = (image.get_array() for image in axis.images)
    assert right.count() == 36
    assert {tuple(cell) for cell in np.argwhere(~errors.mask)} == {(24, 0), (8, 11), (13, 24)}
    assert errors[24, 0] == 5 / 25
    assert sorted(line.get_xdata()[0] for line in axis.lines) == [0, 9.5]
    for said in (
        "letters read as digits: 5",
        "digits read as letters: 2",
        "letters read as other letters: 1",
    ):
        assert said in words(figure)
    assert [text.get_text() for text in axis.texts if text.get_position() == (0, 24)] == ["5"]


def test_a_confusion_matrix_says_what_it_leaves_out(confusion):
    confusion.attrs["left_out"] = 7
    assert "7 tracks read with another length" in words(plots.confusion_matrix(confusion))


def test_a_confusion_matrix_without_errors_still_draws(confusion):
    flawless = confusion.where(np.eye(36, dtype=bool), 0)
    assert "0 of 720" in words(plots.confusion_matrix(flawless))


def test_an_alphabet_that_mixes_digits_and_letters_has_no_blocks():
    mixed = pd.DataFrame(np.eye(4, dtype=int), index=list("A1B2"), columns=list("A1B2"))
    assert plots.confusion_matrix(mixed).axes[0].lines[:] == []


def test_confusions_stand_below_the_place_where_they_happen(by_place):
    below = plots.places(*by_place).axes[1]
    assert {text.get_position(): text.get_text() for text in below.texts} == {
        (0, 0): "3",
        (0, 1): "1",
        (1, 1): "2",
    }
    shown = below.images[0].get_array()
    assert shown.count() == 1, "the others are counted, but not coloured: they are no one confusion"
    flawless = by_place[1].iloc[:0]
    assert "Character accuracy" in words(plots.places(by_place[0], flawless))


def test_a_condition_tells_how_far_wrong_tracks_lie_from_right_ones(conditions):
    figure = plots.conditions(*conditions)
    assert [axis.get_title(loc="left") for axis in figure.axes[:2]] == [
        "layout",
        "light\nδ −0.50 (−0.80 to +0.10)",
    ]
    dashed = [line.get_ydata()[0] for line in figure.axes[1].lines if line.get_linestyle() == "--"]
    assert dashed == [0.5], "the rate of all tracks"


def test_crops_stand_between_marks_in_the_most_trusted_frame(read):
    results, looked = read
    figure = plots.confusion_crops(results, looked, swaps(results), top_confusions(tally(results)), n=2)
    crop = next(axis for axis in figure.axes if axis.get_title(loc="left") == "t2\nplace 7")
    assert np.array_equal(crop.images[0].get_array(), looked.frames[1, 1])
    assert np.mean(crop.lines[0].get_xdata()) == pytest.approx(64), "attention is even, so in the middle"
    assert "true: 4 | read: Z" in words(figure)
    nothing = top_confusions(tally(results.head(1)))
    assert "No character" in words(plots.confusion_crops(results, looked, swaps(results.head(1)), nothing))


def test_attention_tells_each_frames_trust_and_what_it_says_alone(read):
    said = words(plots.attention(*read, [0, 1]))
    for told in ("trust 25%\nalone ABC1234 ✓", "trust 75%\nalone ABC1235 ✗", "missing", "Z (is 4)"):
        assert told in said
    assert "trust 100%\nalone ABC1D04 ✓" in said, "the one usable frame is the second"


def test_a_reader_of_single_frames_shows_how_sure_it_is_of_each(read):
    results, looked = read
    plain = Attribution(looked.frames, None, looked.trust, looked.valid, 7)
    said = words(plots.attention(results, plain, [0]))
    assert "70% sure\nalone ABC1234 ✓" in said
    assert "trust" not in said


def test_no_track_to_look_at_is_said_in_words(read):
    assert "no such track" in words(plots.attention(*read, []))
    assert "no such track" in words(plots.saliency(read[0], None, {}, []))


def test_confidences_are_told_apart_only_where_the_truth_is_known(results):
    figure = plots.confidence_histogram(results)
    assert "gap 0.600" in words(figure)
    assert "right: 1 tracks" in words(figure)
    assert "texts unknown" in words(plots.confidence_histogram(results.assign(text="")))


def test_every_trial_is_shown_by_its_order_and_by_each_setting(trials):
    figure = plots.tuning(trials)
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "Trials",
        "batch size",
        "learning rate",
        "dropout",
        "hidden",
    ]
    for axis in figure.axes:
        points = [line for line in axis.lines if line.get_linestyle() == "None"]
        assert sorted(np.concatenate([line.get_ydata() for line in points])) == [0, 0.1, 0.2, 0.3, 0.4]
    assert "pruned (1)" in words(figure)
    assert "failed (1)" in words(figure)
    rates = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert rates == ["0.0001", "0.001"]
    (medians,) = figure.axes[2].collections
    assert [segment[0][1] for segment in medians.get_segments()] == pytest.approx([0.4, 0.25])


def test_protocols_are_judged_by_their_best_checkpoint_and_phases_follow_one_another(protocols):
    bars, curves = plots.protocols(protocols).axes
    assert [bar.get_width() for bar in bars.patches] == [0.1, 0.5, 0.3, 0.75]
    assert [label.get_text() for label in bars.get_yticklabels()] == ["mixed", "two phases"]
    assert [line.get_xdata().tolist() for line in curves.lines] == [[1, 2], [1], [1, 2], [1, 2]]


def test_nothing_to_show_is_said_in_words(table, rates, trials, protocols):
    for figure in (
        plots.track_sheet(table.head(0)),
        plots.counts(table.head(0)),
        plots.characters(table.assign(text="")),
        plots.learning_curves([]),
        plots.augmentation_gallery(np.zeros((0, 32, 128)), {}),
        plots.before_after(rates.head(0), rates.head(0)),
        plots.tuning(trials.head(0)),
        plots.tuning(trials.tail(1)),
        plots.protocols(protocols.head(0)),
    ):
        assert len(words(figure)) > 15
