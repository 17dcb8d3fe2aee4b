"""Folders of tracks, checked, divided and packed.

In: a data set's folder. Out: a table with a row a track and all its problems, a split by plate, packed frames,
batches on the device.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
