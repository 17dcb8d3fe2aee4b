"""Networks with less in them, for tests that need one of each and not its readings."""

SMALL = {
    "crnn": {"hidden": 16},
    "cnn": {"hidden": 16},
    "multiframe": {"width": 64},
    "crnn7": {"hidden": 16},
    "crnn-attention": {"hidden": 16},
    "crnn-cbam": {"hidden": 16},
    "crnn-slots": {"hidden": 16},
    "vit": {"width": 64, "encoder_layers": 1},
    "temporal-gru": {"width": 64},
    "temporal-transformer": {"width": 64, "encoder_layers": 1},
    "sr-espcn": {"width": 64},
    "sr-residual": {"width": 64},
    "sr-multiframe": {"width": 64},
}
"""Arguments by kind; a kind that is not here is used as it is."""
FORWARDS = ("crnn", "cnn", "multiframe")
"""One network of each way that tracks pass through networks, for tests that what lies inside makes no odds to."""
