"""What a folder of tracks holds and what is wrong with it, as text for a terminal."""

from __future__ import annotations

from lpr_helpers.data.manifest import compare_with_manifest
from lpr_helpers.data.tracks import TrackSet, problem_summary
from lpr_helpers.utils.regular import printable


def check_report(tracks: TrackSet, *, every_problem: bool = False) -> str:
    """Tables of the tracks, of their problems and of how they compare with LRLPR-26.

    every_problem: list them all, at any width, not one example of each kind.
    """
    frames = tracks.table.assign(lr=tracks.table.lr.map(len), hr=tracks.table.hr.map(len))
    more = {one.name: (one.name, "sum") for one in tracks.modalities}
    frames = frames.assign(**{name: frames[name].map(lambda files: sum(map(bool, files))) for name in more})
    counts = frames.groupby(["split", "scenario", "layout"]).agg(
        tracks=("folder", "size"), trainable=("trainable", "sum"), lr=("lr", "sum"), hr=("hr", "sum"), **more
    )
    sections = {
        f"{len(tracks.table)} tracks under {tracks.root}": counts.reset_index(),
        f"{len(tracks.problems)} problems": tracks.problems.drop(columns="track_id")
        if every_problem
        else problem_summary(tracks),
        "Compared with LRLPR-26 as its owners describe it": compare_with_manifest(tracks.table),
    }
    width, told = None if every_problem else 80, []
    for title, table in sections.items():
        shown = table.map(lambda value: printable(value) if isinstance(value, str) else value)
        told.append(
            f"\n{title}" + (f"\n{shown.to_string(index=False, max_colwidth=width)}" if len(table) else "")
        )
    return "\n".join(told)
