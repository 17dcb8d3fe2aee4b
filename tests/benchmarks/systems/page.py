"""docs/systems.md, from the table alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lpr_helpers.evaluation.systems import kinds, systems_table
from lpr_helpers.utils.files import write_whole
from tests.benchmarks.systems.table import UNMEASURED

PAGE = """\
# Every system of the report, at one budget

The report closes with a list of hopes: attention is to bring 4 to 6 points, super-resolution 3 to 5, an ensemble 5 to
8. Here each of them is built, and trained and measured like all others, so that what it expected can stand beside what
was found. {measured} The page is rendered from `lpr_helpers/evaluation/systems.csv`; nothing in it is typed by hand.

- **Budget**: {looks:,} looks at {tracks:,} synthetic tracks of both scenarios (a track of five frames is one look; so
  are its five frames one by one){minutes}.
- **Training**: {training}; each system by the one `fit`, with the settings of `training/pretraining.py`.
- **Tried on**: {kinds}. No system learned from any of these; the layout is known, and imposed where it is Brazilian.
- **Seeds**: {seeds}. Intervals are 95 %, over plates; several seeds of a system count together.
- **Times** are those of one core{core}: reading in batches, in turns with our reader (how many times its milliseconds
  stands in brackets). Where systems were trained, several shared the machine.

*Found* is the difference from the line *beside* it, in points, on the same plates (paired). *Helps* means that its
interval lies above zero, and that every seed agrees; *does not help*, at this budget, that it lies below; all else is
*not told apart*. A longer training may tell another story: this is a small budget, and some systems learn slowly.

    make bench-systems ARGS="--seeds 1,2,3 --real photographs=FOLDER roads=FOLDER --processes 8 --timings"

With `--out lpr_helpers/evaluation/systems.csv --render docs/systems.md` the figures come to stand here.

## Plates

Recognition rate in per cent: all seven characters right.

{plates}

## Characters

{characters}
"""


def write_page(figures: pd.DataFrame, file: Path) -> Path:
    """Write the page."""
    return write_whole(file, page(figures))


def page(figures: pd.DataFrame) -> str:
    """The page, from the figures as `read_systems` gives them."""
    first = figures.iloc[0]
    facts = {
        "looks": int(first["looks"]),
        "tracks": int(first["tracks"]),
        "minutes": _minutes(figures),
        "training": _training(figures),
        "kinds": _kinds(figures),
        "measured": _measured(figures),
        "seeds": _seeds(figures),
        "core": _core(figures),
    }
    tables = {
        name: as_markdown(systems_table(figures, characters=name == "characters"))
        for name in ("plates", "characters")
    }
    return PAGE.format(**facts, **tables)


def as_markdown(table: pd.DataFrame) -> str:
    """A table with its index, as Markdown."""
    lines = [
        [table.index.name, *table.columns],
        ["---"] * (1 + table.shape[1]),
        *table.reset_index().to_numpy().tolist(),
    ]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _minutes(figures: pd.DataFrame) -> str:
    if "core_minutes" not in figures or figures["core_minutes"].isna().all():
        return ""
    least, most = figures["core_minutes"].min(), figures["core_minutes"].max()
    return f", which is {least:.0f} to {most:.0f} minutes of one core"


def _training(figures: pd.DataFrame) -> str:
    trained = figures[figures["seeds"].astype(str) != ""]
    where = sorted(
        {
            f"{device}, in {precision}"
            for device, precision in zip(trained["device"], trained["precision"], strict=True)
        }
    )
    return "; ".join(where).replace("in no", "in float32") or "none of these lines was trained"


def _kinds(figures: pd.DataFrame) -> str:
    counts = [(kind, figures[f"{kind}, n"].max()) for kind in kinds(figures)]
    return "; ".join(f"{kind} ({count:,.0f} tracks)" for kind, count in counts)


def _measured(figures: pd.DataFrame) -> str:
    missing = int((figures["verdict"] == UNMEASURED).sum())
    return (
        f"Of {len(figures)} lines, {missing} are not measured yet." if missing else "All lines are measured."
    )


def _seeds(figures: pd.DataFrame) -> str:
    told = sorted({str(seeds) for seeds in figures["seeds"] if str(seeds)})
    return " or ".join(told) or "none of these lines depends on one"


def _core(figures: pd.DataFrame) -> str:
    if "core" not in figures:
        return ""
    told = sorted(
        {str(core).removesuffix(", no") for core in figures["core"] if str(core) not in ("", "nan")}
    )
    return f" ({'; '.join(told)})" if told else ""
