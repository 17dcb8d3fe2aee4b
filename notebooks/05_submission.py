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
# Five frames a track in, one line a track out: `track_00001,ABC1234;0.9876`. This notebook chooses a reader by what it
# reads of the validation tracks, reads the test tracks, writes the text file and its zip, and checks them as strictly as
# the competition's server would.
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
from lpr_helpers import plots
from lpr_helpers.evaluation import breakdowns
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.calibration import calibrate, cross_fitted, fit_calibration
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.notebook import datasets
from lpr_helpers.notebook.datasets import add_truth, open_data, packed, tracks_to_read
from lpr_helpers.notebook.drive import use_drive
from lpr_helpers.notebook.preflight import preflight_check
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.submission.validator import validate_submission
from lpr_helpers.submission.writer import write_submission
from lpr_helpers.utils.devices import best_device, peak_memory_mb
from lpr_helpers.utils.files import needed

DRIVE = False  # @param {"type": "boolean"}
RESULTS = "lpr"  # @param {"type": "string"}
DATA = ""  # @param {"type": "string", "placeholder": "such as LRLPR-26.zip; empty for the demo"}
use_drive(DRIVE, RESULTS, DATA)

# %% tags=["parameters"]
# The switches LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE and LPR_READER are explained in 01_eda.
import time


CHOICE = None  # or a row of the validation table below, such as 2, to read the test tracks in that way
VIEWS = 1  # up to 5: looks at each track, slightly moved, and their mean; as many times as slow
settings = read_settings()
needed(settings.phase1 / "best", "02_train_phase1")
preflight_check(settings)

# %% [markdown]
# ## What shall read them?
#
# The checkpoints of both phases, the reader in the package as it came, and all of them together; joined frame by frame
# (*majority* is the report's string vote, *log_sum* adds log-probabilities) or by the reader itself (*joint*); with the
# likelier of the layouts imposed, or none. All read the validation tracks. Their intervals overlap widely where there are
# few plates: then the choice hardly matters, and one reader is simpler than three.

# %%
readers = datasets.trained_readers(settings)
validated = datasets.read_validation(readers, settings, views=VIEWS)
model_selection.validation_table(validated)

# %% [markdown]
# We take the row that reads most validation plates (of equal ones, that with the wider confidence gap), unless `CHOICE`
# names another. The test tracks have no say in it.

# %%
choice = model_selection.best(validated) if CHOICE is None else list(validated)[CHOICE]
print(f"Chosen: {choice}")

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
members = {name: readers[name] for name in choice.readers}
started = time.perf_counter()
frames = {name: packed(settings, table, "test-lr", colour=reader.colour) for name, reader in members.items()}
packing, started = time.perf_counter() - started, time.perf_counter()
seen = {
    name: recognise(reader, frames[name], range(len(table)), views=VIEWS) for name, reader in members.items()
}
plate = members[choice.readers[0]].plate
results = model_selection.read(choice, seen, table, plate)
reading = time.perf_counter() - started
print(f"decoding {packing:.1f} s, reading {reading:.1f} s: {1000 * reading / len(table):.1f} ms a track")
print(f"memory at its peak: {peak_memory_mb(best_device()):,.0f} MB")

# %% [markdown]
# ## How sure it is
#
# What a confidence of this choice is worth is learnt on the validation tracks, and judged there on plates that it was
# not learnt from. It decides ties: the competition ranks equal recognition rates by the *confidence gap*, mean
# confidence of right tracks less that of wrong ones.

# %%
validation = validated[choice]
learnt = fit_calibration(validation, error_rate=0.05)
both = {"as it comes": validation, "calibrated": cross_fitted(validation)}
print(learnt)
plots.confidence_histogram(both["calibrated"])

# %%
results = calibrate(results, learnt)
left = f"{results.to_review.sum()} of {len(results)} test tracks would be for a human"
print(f"{left}, to keep errors among the others to {learnt.error_rate:.0%}")
plots.confidence_histogram(results)

# %% [markdown]
# The twenty least certain test tracks. Looking is fine; labelling test tracks by hand, or training on them, is against
# the rules.

# %%
plots.track_sheet(results.sort_values("confidence"), n=20)

# %% [markdown]
# ## Writing and checking
#
# Nothing invalid is ever written, and the validator then reads the zip as a stranger would.

# %%
submission = write_submission(results, settings.submission, expected=table.track_id, plate=plate)
print(*submission.txt.read_text().splitlines()[:5], "…", sep="\n")
report = validate_submission(submission.zip, expected=table.track_id, plate=plate)
assert report.ok, report
print(f"{submission.zip}: {report}")

# %% [markdown]
# **Before you send it.** The public test may be tried again and again, but the blind one takes three submissions in all:
# choose on validation, and send the third only if it differs for a reason. The server counts whole plates and takes one
# zip with one text file, a line for every track; a missing or doubled track makes it invalid.
#
# ## A look at the answers
#
# The competition keeps the test's truth to itself. Where it is known (the demo data, or the release after the
# competition), we may look once, at the end.

# %%
known = add_truth(results, settings)
readable(metrics.summary(known)) if len(known) else "The truth of these tracks is not known here."

# %%
readable(breakdowns.breakdown(known, "layout")) if len(known) else None

# %% [markdown]
# ## What we learned
#
# - Which way of reading does best on validation plates, and by how little it may differ from the next.
# - The submission is in the results' folder, valid, sorted by track, with confidences that mean something.
#
# Back to [01_eda](01_eda.ipynb), or set `LPR_DATA` and read your own tracks.
