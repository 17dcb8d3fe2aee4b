"""Small tools without a field of their own, kept poor on purpose.

Files, devices, processes, images and progress bars come in and go out as the standard library and torch have them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
