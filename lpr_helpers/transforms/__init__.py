"""Changes to frames: augmentation, degradation, rectification, test-time augmentation.

In: frames, as tensors on the device or as one image. Out: the same, changed.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
