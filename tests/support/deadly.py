"""A track whose reading ends its process, as a decoder's crash does."""

import os
from dataclasses import dataclass

from lpr_helpers.inference.reader import PlateReader
from lpr_helpers.inference.streams import ReaderSpec


class DeadlyReader(PlateReader):
    """Dies of one track."""

    deadly = ""

    def read_iter(self, tracks, **options):
        if any(path.name == self.deadly for path in tracks):
            os._exit(9)
        return super().read_iter(tracks, **options)


@dataclass(frozen=True)
class DeadlySpec(ReaderSpec):
    """A reader that dies of the track of this name."""

    deadly: str = ""

    def load(self):
        reader = super().load()
        reader.__class__, DeadlyReader.deadly = DeadlyReader, self.deadly
        return reader
