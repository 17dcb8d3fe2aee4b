"""What only notebooks need: switches, a check of the machine, Colab, live pictures.

In: environment variables. Out: settings, and the data and results that one notebook leaves for the next.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
