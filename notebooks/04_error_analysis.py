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
# # 4 · Why was it misread?
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/REPO/blob/main/notebooks/04_error_analysis.ipynb)
#
# One number says how many plates were read; this notebook shows which were not, and why. It reads every validation
# track, compares ways of joining the five frames and the two phases of training, makes confidence mean something, and
# lets you browse the errors.
#
# **You need** [02_train_phase1](02_train_phase1.ipynb), better also [03_finetune_phase2](03_finetune_phase2.ipynb).
# **It takes** half a minute with the demo data on two CPU cores.

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
import pandas as pd

from lpr_helpers import calibration, calibrators, comparing, evaluation, plots, runs
from lpr_helpers.bootstrap import readable
from lpr_helpers.browser import ErrorBrowser
from lpr_helpers.calibrators import Evidence
from lpr_helpers.checkpoints import load_recogniser
from lpr_helpers.corrections import apply_remarks
from lpr_helpers.data import training_data
from lpr_helpers.files import needed, standing
from lpr_helpers.fusion import fuse, methods
from lpr_helpers.preflight import preflight
from lpr_helpers.reading import alternatives, recognise, results_table, save_results
from lpr_helpers.remarks import REMARKS_FILE, load_remarks
from lpr_helpers.review import review, review_threshold
from lpr_helpers.settings import read_settings

settings = read_settings()
needed(settings.phase1 / "best", "02_train_phase1")
preflight(settings)

# %% [markdown]
# ## Reading the validation tracks

# %%
run = runs.best_run([settings.phase1, settings.phase2])
recogniser = load_recogniser(run / "best")
data = training_data(settings, colour=recogniser.colour)
rows = data.rows("val")
frames = recognise(recogniser, data.lr, rows)
results = results_table(data.table.iloc[rows], frames, fuse(frames, plate=data.plate, layouts="any"))
save_results(results, settings.validation)
print(f"{len(results)} validation tracks read by the checkpoint of {run.name}")

# %% [markdown]
# All figures carry a 95 % interval from a bootstrap over *plates*: tracks of one plate are not independent. The
# competition counts whole plates (*recognition rate*); ties are broken by the *confidence gap*, the mean confidence of
# right tracks less that of wrong ones. The checkpoint was chosen on these same tracks, so all this flatters a little.

# %%
readable(evaluation.summary(results))

# %% [markdown]
# ## Did the other phase read anything that this one does not?
#
# Both phases' checkpoints, on the same tracks. Two intervals that overlap say little about a difference: the readers
# find the same plates hard. The paired bootstrap draws plates for both at once; McNemar's test looks only at tracks
# that one of them reads and the other does not.

# %%
other = settings.phase1 if run == settings.phase2 else settings.phase2
comparison = None
if standing(other / "best"):
    rival = load_recogniser(other / "best")
    tracks = training_data(settings, colour=rival.colour)
    seen = recognise(rival, tracks.lr, tracks.rows("val"))
    told = fuse(seen, plate=tracks.plate, layouts="any")
    theirs = results_table(tracks.table.iloc[tracks.rows("val")], seen, told)
    comparison = comparing.compare(theirs, results, (other.name, run.name))
print(comparison or "Only one phase has been trained; 03_finetune_phase2 trains the other.")

# %%
comparison.counts if comparison else None

# %%
readable(comparison.rates) if comparison else None

# %% [markdown]
# Tracks that only one of them reads, at most three of each:

# %%
if comparison:
    alone = pd.concat([comparison.only(name).head(3) for name in comparison.names])
plots.track_sheet(alone) if comparison else None

# %% [markdown]
# ## Five frames, several ways to join them
#
# The report lets whole strings vote. Adding log-probabilities instead keeps what each frame knows about each character.


# %%
def joined(method):
    readings = fuse(frames, method, plate=data.plate, layouts="any")
    return results_table(data.table.iloc[rows], frames, readings)


pd.DataFrame({method: readable(evaluation.summary(joined(method)))["value"] for method in methods(frames)}).T

# %% [markdown]
# A single frame, the best frame of each track (if an oracle chose it), and all five together:

# %%
readable(evaluation.single_vs_fused(results))

# %% [markdown]
# ## Where it goes wrong
#
# By layout, by place on the plate, and by kind of character:

# %%
readable(evaluation.breakdown(results, "layout"))

# %%
plots.position_bars(evaluation.by_position(results))

# %%
readable(evaluation.by_kind(results, data.plate))

# %% [markdown]
# Rows are true characters, columns what was read. Right readings are muted, so that the errors show; lines part digits
# from letters.

# %%
confusion = evaluation.confusion(results, data.plate)
plots.confusion_matrix(confusion)

# %%
evaluation.top_confusions(confusion)

# %% [markdown]
# ## Can its confidence be trusted?
#
# On the diagonal, a plate read with 80 % confidence is right four times in five. Five frames of one plate resemble each
# other, so adding them up makes a recogniser surer than it should be. A *calibration* learns from the validation tracks
# what a confidence is worth. It is judged on plates that it did not learn from, five parts taking turns.

# %%
reader = runs.weights_digest(recogniser.model)
learnt = calibration.fit_calibration(results, error_rate=0.05, reader=reader)
calibration.save_calibration(learnt, settings.calibration)
calibrated = calibration.cross_fitted(results)
print(learnt)

# %%
plots.reliability_diagram(calibration.reliability(results), calibration.reliability(calibrated))

# %%
both = {"before": results, "after": calibrated}
shown = {when: readable(evaluation.summary(table))["value"] for when, table in both.items()}
pd.DataFrame(shown).loc[["ECE", "confidence gap", "mean confidence"]]

# %% [markdown]
# The same for single characters, which the browser below shows:

# %%
characters = {when: Evidence.of_characters(table).table() for when, table in both.items()}
shown = {when: readable(evaluation.summary(table))["value"] for when, table in characters.items()}
pd.DataFrame(shown).loc[["ECE", "confidence gap", "mean confidence"]]

# %% [markdown]
# Several calibrations were tried. Of those that explain the other plates about equally well (within one standard error
# of the lowest log loss) the one with the widest gap is chosen, if there are enough plates to learn from. An honest
# probability does not always widen the gap: `step`, a 0 or a 1, does that best and says least. Whoever is after the
# tie-break alone takes `calibrate(results, learnt, tie_break=True)`.

# %%
calibrators.candidates(Evidence.of_plates(results), (*calibrators.METHODS, "step")).round(3)

# %%
readable(calibration.confidence_bands(calibrated))

# %%
plots.confidence_histogram(calibrated)

# %% [markdown]
# ## Which plates should a human look at?
#
# Those below a threshold of confidence, so low that at most 5 % of the others are wrong. (It is one of the confidences
# before calibration, which keeps their order.) A threshold flatters on the tracks that chose it; in the table below,
# each is judged on other plates.

# %%
print(review_threshold(results, 0.05))
readable(review(results))

# %% [markdown]
# ## The worst tracks
#
# Wrong, and sure of it:

# %%
worst = evaluation.worst(results, 5)
plots.track_sheet(worst)

# %% [markdown]
# ## Browse the errors
#
# Filter by text (`?` is any character, `*` any number of them), kind of error, layout, scenario, confidence or number of
# edits; press a cell of the confusion matrix to see its tracks; page through what is left. Wrong characters are marked
# by colour and by a frame, and below each place stands what else it may have been. Tab reaches every control, and Enter
# takes what was typed.
#
# Flag a track that nobody could read, correct a label that is wrong, write a note: `remarks.csv` in the results' folder
# keeps it by track, and the browser shows it again the next time. *Export as CSV* writes the chosen rows to
# `chosen.csv` beside it.

# %%
readings = fuse(frames, plate=data.plate, layouts="any")
browsed = calibrated.assign(alternatives=alternatives(readings, data.plate))
ErrorBrowser(browsed, settings.artifacts, plate=data.plate)

# %% [markdown]
# What your remarks change in the data once they are applied (run this cell again after a few). A corrected label takes
# the place of the old one; a flagged track is neither trained on nor measured, so it will not be among these results
# any more: to take its flag back, delete its line in `remarks.csv`.

# %%
remarks = load_remarks(settings.artifacts / REMARKS_FILE)
apply_remarks(data.table, remarks, data.plate)[1]

# %% [markdown]
# ## What we learned
#
# - Which characters are taken for which, at which place, and how sure the recogniser was.
# - How much joining the frames is worth, which way of joining them to choose, and whether one phase beats the other.
# - What a confidence is worth, and how many plates a human would have to look at. `calibration.json` keeps it.
#
# Next: [05_submission](05_submission.ipynb) reads the test tracks and writes the submission.
