"""One `fit` for every phase and every network, and what goes around it.

In: a recogniser, track data, a phase and a run folder. Out: the history, and a run folder with checkpoints that can
be continued.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
