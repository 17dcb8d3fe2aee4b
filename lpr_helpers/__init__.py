"""Low-resolution licence-plate recognition: the helpers that the five notebooks call, and a reader in one line."""

import lazy_loader

__version__ = "0.2.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
