"""Networks with less in them, for tests that need one of each and not its readings."""

SMALL = {"crnn": {"hidden": 16}, "cnn": {"hidden": 16}, "multiframe": {"width": 64}}
"""Arguments by kind; a kind that is not here is used as it is."""
