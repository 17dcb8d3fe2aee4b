"""A table of tracks, as the overview of a data set counts them."""

import pandas as pd

OUTLINE = [[2.0, 1.0], [42.0, 1.0], [42.0, 17.0], [2.0, 17.0]]


def counted_tracks():
    """Two tracks of one plate in Scenario A, with corners and HR; two of B without; one test track."""
    rows = [
        ("train", "A", "Brazilian", "ABC1234", "png"),
        ("held_out", "A", "Brazilian", "BRA2519", "png"),
        ("val", "B", "Brazilian", "BRA2519", "jpg"),
        ("train", "B", "Mercosur", "ABC1D34", "jpg"),
        ("test", "", "", "", "jpg"),
    ]
    table = pd.DataFrame(rows, columns=["split", "scenario", "layout", "text", "ending"])
    lr = [[f"/{row}/lr-{frame}.{ending}" for frame in range(5)] for row, ending in enumerate(table.ending)]
    return table.assign(
        trainable=table["text"] != "",
        lr=lr,
        hr=[[f"/{row}/hr-0.png"] if row < 2 else [] for row in range(5)],
        lr_sizes=[[(46, 20)] * 5, [(46, 20)] * 5, [(48, 18)] * 5, [(50, 18)] * 5, [(44, 20)] * 5],
        hr_sizes=[[(100, 45)]] * 2 + [[]] * 3,
        corners=[{"lr-0.png": OUTLINE}, {"lr-1.png": OUTLINE}, {}, {}, {}],
    )
