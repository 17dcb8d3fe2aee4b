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
# One number says how many plates were read. This notebook asks what lies behind it, in this order: how well the reader
# reads; where it goes wrong; why; which plates a human should look at; and it ends with a browser of the errors.
#
# **You need** [02_train_phase1](02_train_phase1.ipynb), better also [03_finetune_phase2](03_finetune_phase2.ipynb).
# **It takes** a minute with the demo data on two CPU cores.

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
from lpr_helpers.browser.error_browser import ErrorBrowser
from lpr_helpers.data.annotations import ANNOTATIONS_FILE, load_annotations
from lpr_helpers.data.label_edits import apply_annotations
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.evaluation import breakdowns, calibration, calibrators, conditions, confusions, failures, reliability
from lpr_helpers.evaluation.attribution import attribute
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.calibrators import Evidence
from lpr_helpers.evaluation.fusion_methods import by_method
from lpr_helpers.evaluation.review import review_table, review_threshold
from lpr_helpers.evaluation.saliency import saliency_map
from lpr_helpers.inference.results import alternatives, save_results
from lpr_helpers.inference.single_frames import single_frame_results
from lpr_helpers.models import checkpoints
from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.notebook.drive import use_drive
from lpr_helpers.notebook.evaluation_set import load_evaluation_set
from lpr_helpers.notebook.preflight import preflight_check
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.training import runs
from lpr_helpers.utils.files import needed, standing

DRIVE = False  # @param {"type": "boolean"}
RESULTS = "lpr"  # @param {"type": "string"}
DATA = ""  # @param {"type": "string", "placeholder": "such as LRLPR-26.zip; empty for the demo"}
use_drive(DRIVE, RESULTS, DATA)

# %% tags=["parameters"]
# The switches LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE and LPR_READER are explained in 01_eda.
import numpy as np
import pandas as pd


settings = read_settings()
needed(settings.phase1 / "best", "02_train_phase1")
preflight_check(settings)

# %% [markdown]
# # How well
#
# ## Reading tracks that nobody trained on
#
# These are the validation tracks. The demo has few of them, and few errors explain nothing, so it draws more of
# Scenario B, with plates of their own. Of Scenario A there are the tracks that the split held out (and, in the demo,
# fresh ones); they serve one comparison further down.

# %%
run = runs.best_run([settings.phase1, settings.phase2])
recogniser = load_recogniser(run / "best")
data = load_evaluation_set(settings, colour=recogniser.colour)
rows = np.concatenate([data.rows("val"), data.rows("more")])
results, frames = read_tracks_of(recogniser, data, rows)
results = single_frame_results(results, recogniser, data.lr, rows)
save_results(results[results.split == "val"], settings.validation)
print(f"{len(results)} tracks read by the checkpoint of {run.name}")

# %% [markdown]
# All figures carry a 95 % interval from a bootstrap over *plates*: tracks of one plate are not independent. The
# competition counts whole plates (*recognition rate*); ties are broken by the *confidence gap*, the mean confidence of
# right tracks less that of wrong ones. The checkpoint was chosen on the validation tracks (`val`), so their figures
# flatter a little; nothing was chosen on those drawn afresh (`more`).

# %%
parts = results.groupby("split", sort=False)
headline = {f"{name}, {len(part)} tracks": metrics.summary(part) for name, part in parts}
pd.DataFrame({name: readable(table)["value"] for name, table in headline.items()})

# %% [markdown]
# ## What five frames give that one does not
#
# Each frame read by itself; the best frame of each track, if an oracle chose it; and all of them together. *Gain* is
# together less single.

# %%
readable(breakdowns.single_vs_fused(results))

# %% [markdown]
# There are several ways to join frames. The report lets whole strings vote; adding log-probabilities instead keeps what
# each frame knows about each character. `joint`, where the reader has it, is one look at all frames; such a reader's
# frames know of one another in the other rows too.

# %%
by_method(results, frames, data.plate)

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
    theirs, _ = read_tracks_of(load_recogniser(other / "best"), data, rows)
    comparison = comparison.compare(theirs, results, (other.name, run.name))
print(comparison or "Only one phase has been trained; 03_finetune_phase2 trains the other.")

# %%
comparison.counts if comparison else None

# %%
readable(comparison.rates) if comparison else None

# %% [markdown]
# Tracks that only one of them reads, at most three of each:

# %%
if comparison:
    lone = pd.concat([comparison.only(name).head(3) for name in comparison.names])
plots.track_sheet(lone) if comparison else None

# %% [markdown]
# # Where
#
# ## Under which conditions
#
# Tracks are sorted by how their frames look, and cut into four bands of equally many; the measures are those of
# notebook 01. Does a curve climb or fall, and does the interval of δ leave 0 out? Then that condition parts right from
# wrong. What is level is no excuse.

# %%
known, _ = read_tracks_of(recogniser, data, data.rows("held_out"))
measured = conditions.with_conditions(results)
table = conditions.by_condition(measured, known)
plots.conditions(table, conditions.separations(measured), conditions.CONDITIONS)

# %% [markdown]
# ## At which places of the plate
#
# Above, how often each of the seven places is read right; below, what is confused there. Letters and digits have their
# own places, so confusions have too.

# %%
plots.places(breakdowns.by_position(results), confusions.by_place(results))

# %% [markdown]
# ## Which characters
#
# Rows are true characters, columns what was read. The layouts fix which places hold digits and which letters: only
# where the layout itself is mistaken does an error cross the line, into the tinted blocks.

# %%
confusion = confusions.confusion(results, data.plate)
plots.confusion_matrix(confusion)

# %%
readable(breakdowns.by_kind(results, data.plate))

# %% [markdown]
# The most frequent confusions, and the share of the true character's occurrences that met this end.

# %%
top = confusions.top_confusions(confusion)
top.style.hide().format({"share": "{:.1%}"})

# %% [markdown]
# What the reader had to go by: both characters as they are drawn, then the places where one was taken for the other
# (between the yellow marks), cut from the frame that the reader trusted most, the surest errors first. Would you have
# read them?

# %%
looked = attribute(recogniser, data.lr, rows, frames)
plots.confusion_crops(results, looked, confusions.swaps(results), top.head(6))

# %% [markdown]
# # Why
#
# ## Classes of failure
#
# The report names five, with their shares. Here each is measured, on wrong tracks **and** on right ones: a class that is
# just as frequent among plates that were read explains nothing. A threshold lies where it takes in a tenth of the right
# tracks, unless the rule says otherwise; classes overlap. *Glare*, *few pixels* and *blur* are ours. No measure of these
# frames alone proves an occlusion: *lost spot* is the doubt that one would leave, dirt or not.

# %%
measured = measured.assign(unmasked=fuse(frames, plate=data.plate).texts)
classes = failures.classify_failures(measured, data.plate)
shares = failures.failure_shares(measured, classes, data.plate)
shown = readable(shares)[["tracks", "wrong", "expected", "verdict", "reported"]]
shown.style.format({"reported": "{:.0%}"}, na_rep="–")

# %% [markdown]
# The rules, as measured here:

# %%
shares[["rule"]].style

# %% [markdown]
# One wrong track of each class, the purest: with no other class, where there is one.

# %%
plots.track_sheet(failures.failure_examples(measured, classes), problems=True)

# %% [markdown]
# ## Where it looked
#
# Our reader has one query for each place of the plate. Below each frame, as it was after the reader's own alignment,
# stands how much each query looked at each column: a clean diagonal means that it found its characters. *Trust* is the
# frame's share of all looks. (The report's CRNN has no queries; its frames show how sure it is of each.) Two wrong
# tracks and a right one, drawn at random.

# %%
tracks = breakdowns.typical_tracks(results, wrong=2, right=1)
plots.attention(results, looked, tracks)

# %% [markdown]
# Does trust mean anything? If it does, the most trusted frame, read alone, is right more often than the others.

# %%
readable(by_frame_weight(results, looked)).style.format({"trust": "{:.0%}"}, na_rep="–")

# %% [markdown]
# The pixels that decided, on the frames as they came: bright where a small change argues most for the reading against
# the truth (in the right track, for the reading). They should lie on the characters that were in doubt. Where they lie
# on the rim or the bumper, the reader has learnt something it should not have.

# %%
maps = {t: saliency_map(recogniser, data.lr, rows[t], results.reading[t], results.text[t]) for t in tracks}
plots.saliency(results, data.lr, maps, rows)

# %% [markdown]
# # Whom to ask
#
# ## Can its confidence be trusted?
#
# On the diagonal, a plate read with 80 % confidence is right four times in five. Five frames of one plate resemble each
# other, so adding them up makes a recogniser surer than it should be. A *calibration* learns from these tracks what a
# confidence is worth. It is judged on plates that it did not learn from, five parts taking turns.

# %%
reader = checkpoints.weights_digest(recogniser.model)
learnt = calibration.fit_calibration(results, error_rate=0.05, reader=reader)
calibration.save_calibration(learnt, settings.calibration)
calibrated = calibration.cross_fitted(results)
print(learnt)

# %%
plots.reliability_diagram(reliability.reliability_curve(results), reliability.reliability_curve(calibrated))

# %%
both = {"before": results, "after": calibrated}
rates = {f"plates, {when}": metrics.summary(table) for when, table in both.items()}
rates |= {f"characters, {w}": metrics.summary(Evidence.of_characters(t).table()) for w, t in both.items()}
shown = pd.DataFrame({name: readable(table)["value"] for name, table in rates.items()})
shown.loc[["ECE", "confidence gap", "mean confidence"]]

# %% [markdown]
# Several calibrations were tried. Of those that explain the other plates about equally well (within one standard error
# of the lowest log loss) the one with the widest gap is chosen, if there are enough plates to learn from. An honest
# probability does not always widen the gap: `step`, a 0 or a 1, does that best and says least. Whoever is after the
# tie-break alone takes `calibrate(results, learnt, tie_break=True)`.

# %%
calibrators.compare_calibrators(Evidence.of_plates(results), (*calibrators.METHODS, "step")).round(3)

# %%
readable(reliability.confidence_bands(calibrated))

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
readable(review_table(results))

# %% [markdown]
# # Look for yourself
#
# ## The worst tracks
#
# Wrong, and sure of it:

# %%
plots.track_sheet(breakdowns.worst_tracks(results, 5))

# %% [markdown]
# ## Browse the errors
#
# Filter by text (`?` is any character, `*` any number of them), kind of error, layout, scenario, confidence or number of
# edits; press a cell of the confusion matrix to see its tracks; page through what is left. Wrong characters are marked
# by colour and by a frame, and below each place stands what else it may have been. Tab reaches every control, and Enter
# takes what was typed; the drop-down lists want the mouse in JupyterLab, which takes keys pressed there for its own.
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
remarks = load_annotations(settings.artifacts / ANNOTATIONS_FILE)
apply_annotations(data.table, remarks, data.plate)[1]

# %% [markdown]
# ## What we learned
#
# - How much five frames give, which way of joining them to choose, and whether one phase beats the other.
# - Under which conditions the reader fails, which characters it takes for which, and at which places.
# - Which of the report's reasons hold, and which are as frequent among plates that were read.
# - Which frame it trusted, where it looked, and that its trust is worth a number.
# - What a confidence is worth, and how many plates a human would have to look at. `calibration.json` keeps it.
#
# Next: [05_submission](05_submission.ipynb) reads the test tracks and writes the submission.
