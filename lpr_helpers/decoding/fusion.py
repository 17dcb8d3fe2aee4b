"""One reading a track from the readings of its frames: seven ways behind one call, `fuse`."""

from __future__ import annotations

from collections.abc import Sequence

from lpr_helpers.decoding.layouts import candidate_layouts, most_specific
from lpr_helpers.decoding.readings import FrameReadings, Readings
from lpr_helpers.decoding.slot_fusion import SLOT_METHODS, joint, log_sum
from lpr_helpers.decoding.slot_reading import read_candidates
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.decoding.votes import VOTES, elect, matching_layouts, with_elected
from lpr_helpers.plates import BRAZIL, PlateFormat

METHODS = (*VOTES, *SLOT_METHODS)
"""The ways to join frames that every reader has, the best one last."""


def fuse(
    frames: FrameReadings,
    method: str | None = None,
    *,
    plate: PlateFormat = BRAZIL,
    layouts: str | Sequence[str] | None = None,
    prior: TextPrior | None = None,
) -> Readings:
    """Join the frames of each track. Frames that are not valid have no say.

    Parameters
    ----------
    frames: readings of B tracks.
    method: one of `METHODS`, or ``joint``; None takes ``joint`` where the reader offers it, else ``log_sum``.
        ``joint``: what a reader says that saw all frames of the track at once.
        String votes, over the frames' texts that have the plate's length:
        ``majority``, the text read most often (ties: larger sum of confidences);
        ``confidence_vote``, the text with the largest sum of confidences;
        ``max_confidence``, the text of the most confident frame.
        Slot methods, slot by slot:
        ``mean_prob``, mean of the probabilities;
        ``log_sum``, sum of the log-probabilities: the frames as independent witnesses;
        ``temporal``, that sum weighted by each frame's sharpness and its agreement with the other frames.
    layouts: None imposes nothing; "any" imposes on each track the layout that its fused slots fit best; a
        sequence of B names imposes each track's own, "" for none.
    prior: what plates are known to say (`learn_prior`), for slot methods: its log-probabilities, times its weight, are
        added to the fused slots of tracks on which a layout is imposed.

    Returns
    -------
    Readings, on the CPU. A layout is imposed after the frames are joined, as a mask on the fused slots, so it
    changes a reading only at the places that violate it. In votes, texts that fit a layout go first; a winner
    that fits none is changed at the places that violate it.

    Confidence of a slot method: the probability of the text, slots being independent, given that it fits the
    layout imposed. For "any" it is given that it fits one of the layouts, or several: layouts that overlap share
    nothing out, and of those that a text fits, the one is named that fewest texts fit. It is never above the
    probability of a character, which is given that the layout named is right. With a prior, layouts are mixed by their
    shares, and that of a character is given that the others are as read, since neighbours speak for each other.
    Confidence of a vote: mean confidence of the frames that voted for the winner. Where no frame reads a text of
    the plate's length, a vote gives the text and confidence of ``log_sum``; its `slots` are always those of
    ``log_sum``. A track without a valid frame has uniform slots and a confidence near 0.

    Raises
    ------
    ValueError: unknown method or layout, layouts for another number of tracks, slots or a prior of another plate
    format, a prior for a vote.
    """
    method = method or methods(frames)[-1]
    if method not in methods(frames):
        raise ValueError(f"no fusion method {method!r} here; choose one of {', '.join(methods(frames))}")
    tracks, _, *shape = frames.slots.shape
    if shape != [plate.length, len(plate.alphabet)]:
        raise ValueError(
            f"the frames have {shape} slots and characters, "
            f"the plate format has {[plate.length, len(plate.alphabet)]}"
        )
    if prior is not None and method in VOTES:
        raise ValueError(f"{method} counts strings, to which no prior can be added; choose a slot method")
    candidates = candidate_layouts(layouts, tracks, plate)
    votes: list[tuple[str, float] | None] = [None] * tracks
    if method in VOTES:
        votes = [elect(frames, track, method, candidates[track], plate) for track in range(tracks)]
        candidates = [
            [most_specific(fitting, plate)]
            if vote is not None and (fitting := matching_layouts(vote[0], names, plate))
            else names
            for vote, names in zip(votes, candidates, strict=True)
        ]
    join = joint if method == "joint" else SLOT_METHODS.get(method, log_sum)
    readings = read_candidates(join(frames), candidates, plate, prior)
    return with_elected(readings, votes, plate) if method in VOTES else readings


def methods(frames: FrameReadings) -> tuple[str, ...]:
    """The methods that `fuse` has for these frames, the best one last."""
    return (*METHODS, "joint") if frames.joint is not None else METHODS
