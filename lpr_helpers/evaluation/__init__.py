"""What readings are worth: rates with intervals, calibration, comparisons, reasons for errors.

In: a table of results, a row a track. Out: tables of figures; and, of a reader and frames, what its readings rest on.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
