"""Augmentation under a slider: the same frames, changed by the same dice, a little or a lot."""

from __future__ import annotations

import io

import ipywidgets as widgets
import numpy as np
import torch
from IPython.display import display
from matplotlib.figure import Figure

from lpr_helpers.plots.training import augmentation_gallery
from lpr_helpers.transforms.augment import Augment

NAMES = ("light", "aggressive")


class AugmentationGallery:
    """The gallery as training has it, for every page, and below it a slider that draws it stronger or weaker.

    Parameters
    ----------
    images: uint8 [N, C, H, W], one frame a track.
    seed: of the dice. They fall alike at every position of the slider, so that the same change grows and shrinks, and
        the random numbers of a training are left alone.

    `slider` goes from 0 (as the frames are) over 1 (as in training) to 2; `picture` is what it drew last, a PNG.
    """

    def __init__(self, images: np.ndarray, seed: int = 0) -> None:
        if images.shape[1] not in (1, 3):  # of several modalities, the first
            images = images[:, :1]
        self._frames, self._seed = torch.from_numpy(images)[:, None].float() / 255, seed
        self.slider = widgets.FloatSlider(
            1.0, min=0.0, max=2.0, step=0.1, description="strength", continuous_update=False
        )
        # An image rather than captured output: every front end shows it, old ones too.
        self.picture = widgets.Image(format="png", layout=widgets.Layout(display="none", max_width="100%"))
        self.widget = widgets.VBox([self.slider, self.picture])
        self.slider.observe(lambda change: self._redraw(change["new"]), names="value")

    def figure(self, scale: float = 1.0) -> Figure:
        """The frames, and what each augmentation makes of them at ``scale`` times its strength."""
        valid = torch.ones(self._frames.shape[:2], dtype=torch.bool)
        changed = {}
        with torch.random.fork_rng(devices=[]):
            for name in NAMES:
                torch.manual_seed(self._seed)
                title = name if scale == 1 else f"{name}, {scale:g} times its strength"
                changed[title] = Augment(name, scale)(self._frames, valid)[0][:, 0]
        return augmentation_gallery(self._frames[:, 0], changed)

    def _redraw(self, scale: float) -> None:
        file = io.BytesIO()
        self.figure(scale).savefig(file, format="png")
        self.picture.value, self.picture.layout.display = file.getvalue(), None

    def _ipython_display_(self) -> None:
        display(self.figure())
        display(self.widget)
