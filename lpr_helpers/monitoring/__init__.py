"""A reader at work: what it read is logged, what it doubts goes to people, what changes is measured.

In: kept readings of many tracks. Out: an append-only log, a queue for the error browser, a report of drift, a paired
test of two readers.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
