# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · The submission
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/REPO/blob/main/notebooks/05_submission.ipynb)
#
# Five frames a track in, one line a track out: `track_00001,ABC1234;0.9876`. This notebook reads the test tracks, writes
# the text file and its zip, and checks them as strictly as the competition's server would.
#
# **You need** a trained checkpoint ([02_train_phase1](02_train_phase1.ipynb)). **It takes** half a minute with the demo
# data on two CPU cores.

# %% tags=["setup"]
# In Colab: clone the repository and install what is missing, never torch. Elsewhere: nothing.
import importlib
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

if "google.colab" in sys.modules and find_spec("lpr_helpers") is None:
    repository, folder = "https://github.com/OWNER/REPO", "/content/lpr"
    if not Path(folder).exists():
        subprocess.run(["git", "clone", "--depth", "1", repository, folder], check=True)
    torch = f"torch=={version('torch')}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", folder, torch], check=True)
    importlib.invalidate_caches()

# %% tags=["drive"]
# In Colab: keep results and checkpoints on your Drive, and copy a data set from it to this machine. Elsewhere: nothing.
from lpr_helpers.colab import use_drive

DRIVE = False  # @param {"type": "boolean"}
RESULTS = "lpr"  # @param {"type": "string"}
DATA = ""  # @param {"type": "string", "placeholder": "such as LRLPR-26.zip; empty for the demo"}
use_drive(DRIVE, RESULTS, DATA)

# %% tags=["parameters"]
# The switches LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE and LPR_READER are explained in 01_eda.
import time

from lpr_helpers import evaluation, plots, runs
from lpr_helpers.bootstrap import readable
from lpr_helpers.calibration import calibrate, load_calibration
from lpr_helpers.checkpoints import load_recogniser
from lpr_helpers.data import add_truth, open_data, packed, tracks_to_read
from lpr_helpers.files import needed
from lpr_helpers.fusion import fuse
from lpr_helpers.preflight import preflight
from lpr_helpers.reading import recognise, results_table
from lpr_helpers.settings import read_settings
from lpr_helpers.submission import write_submission
from lpr_helpers.validator import validate_submission

FUSION = None  # the best that the reader has; 04_error_analysis compares all of them
VIEWS = 1  # up to 5: looks at each track, slightly moved, and their mean; as many times as slow
settings = read_settings()
needed(settings.phase1 / "best", "02_train_phase1")
needed(settings.calibration, "04_error_analysis")
preflight(settings)

# %% [markdown]
# ## The tracks to read
#
# Every test track gets an answer, also one whose frames are damaged: leaving it out would make the file invalid. In a
# folder that has no test part, such as a folder of your own tracks, all tracks are read.

# %%
tracks = open_data(settings)
table = tracks_to_read(tracks)
lacking = table[table.lr.str.len() < 5]
print(f"{len(table)} tracks to read; {len(lacking)} with fewer than five readable frames")
lacking[["track_id", "problems"]]

# %% [markdown]
# ## Reading

# %%
run = runs.best_run([settings.phase1, settings.phase2])
recogniser = load_recogniser(run / "best")
started = time.perf_counter()
lr = packed(settings, table, "test-lr", colour=recogniser.colour)
packing, started = time.perf_counter() - started, time.perf_counter()
frames = recognise(recogniser, lr, range(len(table)), views=VIEWS)
results = results_table(table, frames, fuse(frames, FUSION, plate=recogniser.plate, layouts="any"))
reading = time.perf_counter() - started
print(f"decoding {packing:.1f} s, reading {reading:.1f} s: {1000 * reading / len(table):.1f} ms a track")

# %% [markdown]
# ## How sure it is
#
# The true layout of a test track is unknown, so both are tried and the likelier one is read. What a confidence is worth
# was learnt on the validation tracks, in notebook 04.

# %%
learnt = load_calibration(settings.calibration, runs.weights_digest(recogniser.model))
results = calibrate(results, learnt)
print(
    f"{results.to_review.sum()} of {len(results)} tracks would be for a human, to keep errors to {learnt.error_rate:.0%}"
)
plots.confidence_histogram(results)

# %% [markdown]
# The least certain tracks deserve a look. (The rules forbid labelling test tracks by hand; looking is fine.)

# %%
plots.track_sheet(results.sort_values("confidence"), n=5)

# %% [markdown]
# ## Writing and checking
#
# Nothing invalid is ever written, and the validator then reads the zip as a stranger would.

# %%
plate = recogniser.plate
submission = write_submission(results, settings.submission, expected=table.track_id, plate=plate)
print(*submission.txt.read_text().splitlines()[:5], "…", sep="\n")
report = validate_submission(submission.zip, expected=table.track_id, plate=plate)
assert report.ok, report
print(f"{submission.zip}: {report}")

# %% [markdown]
# ## A look at the answers
#
# The competition keeps the test's truth to itself. Where it is known (the demo data, or the release after the
# competition), we may look once, at the end.

# %%
known = add_truth(results, settings)
readable(evaluation.summary(known)) if len(known) else "The truth of these tracks is not known here."

# %%
readable(evaluation.breakdown(known, "layout")) if len(known) else None

# %% [markdown]
# ## What we learned
#
# - The submission is in the results' folder, valid, sorted by track.
# - The competition allows only three blind submissions: choose on validation, then submit.
#
# Back to [01_eda](01_eda.ipynb), or set `LPR_DATA` and read your own tracks.
