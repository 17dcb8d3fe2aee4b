"""The commands: ``lpr-helpers COMMAND``, each with ``--help``; one module a command.

A command imports what it needs when it runs, so that help and the processes that draw tracks start fast.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
