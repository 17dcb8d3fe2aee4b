"""Reading plates, one at a time or a table of them.

In: a reader and frames, from files, arrays or packed tracks. Out: readings with confidences, or a table of results.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
