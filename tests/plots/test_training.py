"""Pictures of a training: curves, and what augmentation makes of frames."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lpr_helpers import plots
from lpr_helpers.training.phases import Phase
from tests.support.figures import words


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
