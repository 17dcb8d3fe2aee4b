"""One reading a track from the readings of its frames: seven ways behind one call, `fuse`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lpr_helpers.decoding import FrameReadings, Readings
from lpr_helpers.plates import BRAZIL, PlateFormat

# No frame is believed beyond this log-probability: a single one could veto a character otherwise.
FLOOR = -30.0
# One frame's sharpness counts for at most twice, at least half, what the track's average frame does.
SHARPNESS_RANGE = (0.5, 2.0)


def fuse(
    frames: FrameReadings,
    method: str | None = None,
    *,
    plate: PlateFormat = BRAZIL,
    layouts: str | Sequence[str] | None = None,
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
        Slot methods, place by place:
        ``mean_prob``, mean of the probabilities;
        ``log_sum``, sum of the log-probabilities: the frames as independent witnesses;
        ``temporal``, that sum weighted by each frame's sharpness and its agreement with the other frames.
    layouts: None imposes nothing; "any" imposes on each track the layout that its fused slots fit best; a
        sequence of B names imposes each track's own, "" for none.

    Returns
    -------
    Readings, on the CPU. A layout is imposed after the frames are joined, as a mask on the fused slots, so it
    changes a reading only at the places that violate it. In votes, texts that fit a layout go first; a winner
    that fits none is changed at the places that violate it.

    Confidence of a slot method: the probability of the text, places being independent, given that it fits the
    layout imposed. For "any" it is given that it fits one of the layouts: the product over the chosen layout's
    slots times the probability of that layout, since the choice may be wrong.
    Confidence of a vote: mean confidence of the frames that voted for the winner. Where no frame reads a text of
    the plate's length, a vote gives the text and confidence of ``log_sum``; its `slots` are always those of
    ``log_sum``. A track without a valid frame has uniform slots and a confidence near 0.

    Raises
    ------
    ValueError: unknown method or layout, layouts for another number of tracks, slots of another plate format.
    """
    method = method or methods(frames)[-1]
    if method not in methods(frames):
        raise ValueError(f"no fusion method {method!r} here; choose one of {', '.join(methods(frames))}")
    tracks, _, *places = frames.slots.shape
    if places != [plate.length, len(plate.alphabet)]:
        raise ValueError(
            f"the slots have {places} places and characters, "
            f"the plate format has {[plate.length, len(plate.alphabet)]}"
        )
    candidates = _candidates(layouts, tracks, plate)
    votes = [None] * tracks
    if method in _VOTES:
        votes = [_vote(frames, track, method, candidates[track], plate) for track in range(tracks)]
        candidates = [
            names if vote is None else _fitting(vote[0], names, plate) or names
            for vote, names in zip(votes, candidates, strict=True)
        ]
    join = _SLOT_METHODS.get(method, _log_sum)
    readings = _read(join(frames), candidates, plate)
    return _elected(readings, votes, plate) if method in _VOTES else readings


def read_slots(
    slots: Tensor, layouts: str | Sequence[str] | None = "any", plate: PlateFormat = BRAZIL
) -> Readings:
    """Readings of slot log-probabilities [B, L, A] that are joined already; ``layouts`` as in `fuse`."""
    return _read(slots.cpu().double().log_softmax(-1), _candidates(layouts, len(slots), plate), plate)


def fused(frames: FrameReadings) -> Tensor:
    """Slot log-probabilities of whole tracks, float64 [B, L, A]: ``joint`` where the reader has it, or ``log_sum``."""
    return _joint(frames) if frames.joint is not None else _log_sum(frames)


def ensemble(members: Sequence[FrameReadings]) -> FrameReadings:
    """Several readers of the same tracks as one: ``joint`` is the mean of their log-probabilities for whole tracks.

    Adding them would read the same, and be too sure: members who agree are no independent witnesses. A reader of single
    frames brings the sum over its frames. All else is the first member's.

    Raises ValueError for no members, or for members that have read different numbers of tracks.
    """
    shapes = {(len(member.texts), *member.slots.shape[2:]) for member in members}
    if len(shapes) != 1:
        raise ValueError(
            f"the members of an ensemble have to read the same tracks; these have read {sorted(shapes)}"
        )
    joined = [fused(member) for member in members]
    return replace(members[0], joint=torch.stack(joined).mean(0).log_softmax(-1).float())


def methods(frames: FrameReadings) -> tuple[str, ...]:
    """The methods that `fuse` has for these frames, the best one last."""
    return (*METHODS, "joint") if frames.joint is not None else METHODS


def _candidates(layouts: str | Sequence[str] | None, tracks: int, plate: PlateFormat) -> list[list[str]]:
    """For each track the names of the layouts it may have; "" stands for no layout."""
    if layouts is None:
        return [[""]] * tracks
    if isinstance(layouts, str):
        if layouts != "any":
            raise ValueError(
                f'layouts={layouts!r}; give "any", or a list with one layout name for each track'
            )
        return [list(plate.layouts)] * tracks
    if len(layouts) != tracks:
        raise ValueError(f"{len(layouts)} layouts for {tracks} tracks; give one name for each track")
    if unknown := set(layouts) - {"", *plate.layouts}:
        raise ValueError(f"unknown layouts {sorted(unknown)}; the plate format has {list(plate.layouts)}")
    return [[name] for name in layouts]


def _read(fused: Tensor, candidates: list[list[str]], plate: PlateFormat) -> Readings:
    """Readings of fused slots [B, L, A] under the best of each track's candidate layouts."""
    names = ["", *plate.layouts]
    masks = torch.stack([plate.mask(name or None) for name in names]).double()
    allowed = torch.tensor([[name in given for name in names] for given in candidates])
    masked = fused[:, None] + masks  # [B, layouts, L, A]
    best = masked.amax(-1).sum(-1).masked_fill(~allowed, -torch.inf)
    mass = masked.logsumexp(-1).sum(-1).masked_fill(~allowed, -torch.inf)
    score, chosen = best.max(1)
    slots = masked[torch.arange(len(chosen)), chosen].log_softmax(-1)
    return Readings(
        texts=[plate.decode(places) for places in slots.argmax(-1).tolist()],
        confidence=(score - mass.logsumexp(1)).exp().clamp(max=1.0).float(),
        slots=slots.float(),
        layouts=[names[i] for i in chosen.tolist()],
    )


# --- slot methods: FrameReadings → fused log-probabilities, float64 [B, L, A], normalised over A ---


def _evidence(frames: FrameReadings) -> tuple[Tensor, Tensor]:
    """Floored log-probabilities [B, F, L, A] and validity [B, F, 1, 1], float64, both 0 for invalid frames."""
    # On the CPU: this is little work, and Apple's devices have no double precision.
    valid = frames.valid.cpu()[..., None, None]
    slots = frames.slots.cpu().double().clamp(min=FLOOR)
    return torch.where(valid, slots, 0.0), valid.double()


def _joint(frames: FrameReadings) -> Tensor:
    seen = frames.valid.cpu().any(1)[:, None, None]
    return torch.where(seen, frames.joint.cpu().double(), 0.0).log_softmax(-1)


def _log_sum(frames: FrameReadings) -> Tensor:
    slots, _ = _evidence(frames)
    return slots.sum(1).log_softmax(-1)


def _mean_prob(frames: FrameReadings) -> Tensor:
    slots, valid = _evidence(frames)
    # Without any valid frame every mean is 0: the floor then makes them uniform.
    mean = (slots.exp() * valid).sum(1) / valid.sum(1).clamp(min=1.0)
    return mean.clamp(min=math.exp(FLOOR)).log().log_softmax(-1)


def _temporal(frames: FrameReadings) -> Tensor:
    slots, _ = _evidence(frames)
    return (frame_weights(frames)[..., None, None] * slots).sum(1).log_softmax(-1)


def frame_weights(frames: FrameReadings) -> Tensor:
    """How much each frame counts in ``temporal``: float64 [B, F], 0 for invalid frames.

    The product of two factors, scaled so that a track's weights sum to its number of valid frames. Sharpness:
    the frame's over the track's mean, within `SHARPNESS_RANGE`; 1 where it was not measured. Agreement: the
    probability that a character drawn from the frame equals one drawn from the mean of the track's other frames,
    averaged over places; 1 where there is no other frame.
    """
    slots, valid = _evidence(frames)
    probabilities = slots.exp() * valid
    valid = valid[..., 0, 0]
    count = valid.sum(1, keepdim=True)
    others = (count - 1).clamp(min=1.0)[..., None, None]
    mean_of_others = (probabilities.sum(1, keepdim=True) - probabilities) / others
    agreement = (probabilities * mean_of_others).sum(-1).mean(-1)
    # The small constant leaves equal weights to frames of which no two agree.
    weights = valid * torch.where(count > 1, agreement.clamp(min=0.0) + 1e-6, 1.0)
    if frames.sharpness is not None:
        weights = weights * _relative_sharpness(frames.sharpness.cpu().double(), frames.valid.cpu())
    return weights * count / weights.sum(1, keepdim=True).clamp(min=1e-12)


def _relative_sharpness(sharpness: Tensor, valid: Tensor) -> Tensor:
    measured = valid & sharpness.isfinite()
    values = torch.where(measured, sharpness, 0.0)
    mean = values.sum(1, keepdim=True) / measured.sum(1, keepdim=True).clamp(min=1)
    ratio = (values / mean.clamp(min=1e-12)).clamp(*SHARPNESS_RANGE)
    return torch.where(measured & (mean > 0), ratio, 1.0)


# --- string votes: how often a text was read and how confidently → its rank, the largest wins ---


def _vote(
    frames: FrameReadings, track: int, method: str, candidates: list[str], plate: PlateFormat
) -> tuple[str, float] | None:
    """The elected text of a track and its confidence; None if no frame reads a text of the plate's length."""
    votes: dict[str, list[float]] = defaultdict(list)
    ballots = zip(
        frames.texts[track], frames.confidences[track].tolist(), frames.valid[track].tolist(), strict=True
    )
    for text, confidence, valid in ballots:
        if valid and len(text) == plate.length:
            votes[text].append(confidence)
    if not votes:
        return None
    fitting = [text for text in votes if _fitting(text, candidates, plate)]
    winner = max(fitting or votes, key=lambda text: _VOTES[method](votes[text]))
    chosen = votes[winner]
    return winner, max(chosen) if method == "max_confidence" else math.fsum(chosen) / len(chosen)


def _fitting(text: str, candidates: list[str], plate: PlateFormat) -> list[str]:
    return [name for name in candidates if not name or plate.misfit(text, name) is None]


def _elected(readings: Readings, votes: list[tuple[str, float] | None], plate: PlateFormat) -> Readings:
    """The readings with the elected texts put in, save for characters that the layout imposed rules out."""
    texts, confidences = list(readings.texts), readings.confidence.tolist()
    for track, vote in enumerate(votes):
        if vote is not None:
            text, confidences[track] = vote
            possible = readings.slots[track, range(plate.length), plate.encode(text)] > -torch.inf
            texts[track] = "".join(
                voted if keep else read
                for voted, read, keep in zip(text, texts[track], possible.tolist(), strict=True)
            )
    return Readings(texts, torch.tensor(confidences), readings.slots, readings.layouts)


_SLOT_METHODS = {"mean_prob": _mean_prob, "temporal": _temporal, "log_sum": _log_sum}
_VOTES = {
    "majority": lambda confidences: (len(confidences), math.fsum(confidences)),
    "confidence_vote": math.fsum,
    "max_confidence": max,
}
METHODS = (*_VOTES, *_SLOT_METHODS)
_SLOT_METHODS["joint"] = _joint
