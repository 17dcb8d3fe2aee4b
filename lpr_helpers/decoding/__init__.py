"""From logits to readings, by way of slot log-probabilities.

In: an `Output` of any network. Out: what each frame says, and one reading a track with its confidence.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
