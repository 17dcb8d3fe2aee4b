"""Every picture of the notebooks, in one style and one colour-blind-safe palette.

In: tables and frames. Out: a matplotlib Figure, closed for pyplot already, since Jupyter would draw it twice
otherwise.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
