"""Networks, one file each, one registry, and their checkpoints.

In: frames [B, F, C, 32, 128] and which of them are valid. Out: logits, as an `Output`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
