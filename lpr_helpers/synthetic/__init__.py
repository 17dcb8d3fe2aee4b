"""Plates drawn, filmed and ruined by program.

In: a recipe and a seed. Out: tracks in memory, as an endless stream, or written in the official directory layout.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
