"""The error browser: tracks to filter, page through and annotate.

In: a table of results and a folder. Out: a widget, and ``annotations.csv`` in that folder.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
