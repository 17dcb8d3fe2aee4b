"""The competition's file.

In: results of the test tracks. Out: a valid zip, or everything that is wrong with one; and which way of reading to
choose.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
