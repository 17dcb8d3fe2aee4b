"""Recognisers. Each turns a batch of frames into logits that `decoding` understands."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CRNN(nn.Module):
    """The report's network: four convolutions, a bidirectional LSTM of two layers, one linear layer.

    Parameters
    ----------
    classes: characters of the alphabet plus the blank, which is class 0.
    channels: 1 grey, 3 red-green-blue.
    hidden: LSTM units in each direction.
    dropout: between and after the LSTM layers.

    ``forward``: float [B, channels, 32, W] in 0…1 → logits [T = W / 4, B, classes]. Source: Shi et al., 2016.

    The drawing leaves open how weights begin and how frames are scaled. Both decide how long CTC's first plateau
    lasts: see `_begin` and `standardise`.
    """

    def __init__(self, classes: int = 37, channels: int = 1, hidden: int = 256, dropout: float = 0.3):
        super().__init__()
        self.features = nn.Sequential(  # of a frame [channels, 32, 128]
            nn.Conv2d(channels, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # [64, 16, 64]
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # [128, 8, 32]
            nn.Conv2d(128, 256, 3, padding=1),
            nn.BatchNorm2d(256),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),  # [256, 4, 32]
            nn.Conv2d(256, 512, 3, padding=1),
            nn.BatchNorm2d(512),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),  # [512, 2, 32]
        )
        self.sequence = nn.LSTM(1024, hidden, 2, bidirectional=True, dropout=dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, classes)
        self.apply(_begin)

    def forward(self, images: Tensor) -> Tensor:
        features = self.features(standardise(images).to(self.head.weight.dtype))  # [B, 512, 2, T]
        steps = features.flatten(1, 2).transpose(1, 2)  # [B, T, 1024]
        context, _ = self.sequence(steps)  # [B, T, 2·hidden]
        return self.head(self.dropout(context)).transpose(0, 1)  # [T, B, classes]


def standardise(images: Tensor) -> Tensor:
    """Frames [B, C, H, W] with mean 0 and deviation 1 each: a night and a noon plate look alike to the network."""
    mean, deviation = images.mean((1, 2, 3), keepdim=True), images.std((1, 2, 3), keepdim=True)
    return (images - mean) / (deviation + 1e-3)


def _begin(module: nn.Module) -> None:
    """Weights that keep signals at their size: He for convolutions, Glorot and orthogonal for the LSTM."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.LSTM):
        for name, weight in module.named_parameters():
            for gate in weight.data.chunk(4):
                if "bias" in name:
                    nn.init.zeros_(gate)
                else:
                    (nn.init.xavier_uniform_ if "weight_ih" in name else nn.init.orthogonal_)(gate)


def parameter_count(model: nn.Module) -> int:
    """How many numbers of the model are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def frame_loss(model: nn.Module, images: Tensor, valid: Tensor, targets: Tensor) -> Tensor:
    """What a reader of single frames is trained on: `ctc_loss` of every valid frame.

    images: float [B, F, C, H, W]. valid: bool [B, F]. targets: int64 [B, L].
    """
    logits = model(images.flatten(0, 1).contiguous(memory_format=torch.channels_last))
    valid = valid.flatten()
    return ctc_loss(logits[:, valid], targets.repeat_interleave(images.shape[1], 0)[valid])


def ctc_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean CTC loss of a batch, a float32 scalar in nats per character (Graves et al., 2006).

    logits: [T, B, 1 + A], any float type, blank 0. targets: int64 [B, L], character indices 0…A−1.

    Raises ValueError if T < 2·L: a plate such as AAA1111 needs a blank between equal neighbours, and under
    ``zero_infinity`` an impossible target would teach nothing without a word.
    """
    steps, batch, _ = logits.shape
    length = targets.shape[1]
    if steps < 2 * length:
        raise ValueError(f"{steps} time steps are too few for {length} characters; {2 * length} are needed")
    if logits.device.type == "mps":  # torch has no CTC loss on Apple's GPUs
        logits, targets = logits.cpu(), targets.cpu()
    return nn.functional.ctc_loss(
        logits.float().log_softmax(-1),
        targets + 1,
        torch.full((batch,), steps),
        torch.full((batch,), length),
        blank=0,
        zero_infinity=True,
    )
