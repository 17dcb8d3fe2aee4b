"""Progress bars: widgets in a notebook, text in a terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import tqdm.std

T = TypeVar("T")


def bar(iterable: Iterable | None = None, description: str = "", **options: Any) -> tqdm.std.tqdm:
    """A tqdm bar over ``iterable``; text if the environment says ``LPR_PROGRESS=text``, as `make demo` does."""
    # imported here, since whoever reads one track needs no bar, and starts faster
    if os.environ.get("LPR_PROGRESS") == "text":
        import tqdm.std

        return tqdm.std.tqdm(iterable, desc=description, mininterval=1, **options)
    import tqdm.auto

    return tqdm.auto.tqdm(iterable, desc=description, **options)


class Waiting:
    """Measures what one waits for the items of an iterable: ``for item in waiting(items)``, then `seconds`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, items: Iterable[T]) -> Iterator[T]:
        """The same items."""
        one_by_one = iter(items)
        while True:
            started = time.perf_counter()
            try:
                item = next(one_by_one)
            except StopIteration:
                return
            self.seconds += time.perf_counter() - started
            yield item
