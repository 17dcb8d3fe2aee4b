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
# In Colab: clone the repository and install what is missing, never torch. Elsewhere: see that the package is there.
import subprocess
import sys
from importlib import invalidate_caches, metadata, util
from pathlib import Path

if "google.colab" in sys.modules and util.find_spec("lpr_helpers") is None:
    repository, folder = "https://github.com/OWNER/REPO", "/content/lpr"
    if not Path(folder).exists():
        subprocess.run(["git", "clone", "--depth", "1", repository, folder], check=True)
    torch = f"torch=={metadata.version('torch')}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", f"{folder}[notebooks]", torch], check=True)
    invalidate_caches()
if lacking := " and ".join(name for name in ("lpr_helpers", "torch") if util.find_spec(name) is None):
    raise SystemExit(f"{sys.executable}, this kernel's Python, lacks {lacking}: choose another (see README)")

# %% tags=["drive"]
# In Colab: keep results and checkpoints on your Drive, and copy a data set from it to this machine. Elsewhere: nothing.
from lpr_helpers.notebook import use_drive

DRIVE = False  # @param {"type": "boolean"}
RESULTS = "lpr"  # @param {"type": "string"}
DATA = ""  # @param {"type": "string", "placeholder": "such as LRLPR-26.zip; empty for the demo"}
use_drive(DRIVE, RESULTS, DATA)

# %% tags=["parameters"]
# The switches LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE and LPR_READER are explained in 01_eda.
import pandas as pd

from lpr_helpers import browser, data, decoding, evaluation, inference, notebook, plots, utils

PLATES = ""  # a file of plates of your own town, one a line, to take the place of the training labels
settings = notebook.read_settings()
phase, recogniser = notebook.best_reader(settings)
notebook.preflight_check(settings)

# %% [markdown]
# # How well
#
# ## Reading tracks that nobody trained on
#
# These are the validation tracks. The demo has few of them, and few errors explain nothing, so it draws more of
# Scenario B, with plates of their own. Of Scenario A there are the tracks that the split held out (and, in the demo,
# fresh ones); they serve one comparison further down.

# %%
tracks = notebook.load_evaluation_set(settings, frame_format=recogniser.frame_format)
results, frames = inference.read_split(recogniser, tracks, "val", "more", single_frames=True)
inference.save_results(results[results.split == "val"], settings.validation)
print(f"{len(results)} tracks read by the checkpoint of {phase}")

# %% [markdown]
# All figures carry a 95 % interval from a bootstrap over *plates*: tracks of one plate are not independent. The
# competition counts whole plates (*recognition rate*); ties are broken by the *confidence gap*, the mean confidence of
# right tracks less that of wrong ones. The checkpoint was chosen on the validation tracks (`val`), so their figures
# flatter a little; nothing was chosen on those drawn afresh (`more`).

# %%
parts = results.groupby("split", sort=False)
evaluation.summaries({f"{name}, {len(part)} tracks": part for name, part in parts})

# %% [markdown]
# ## What five frames give that one does not
#
# Each frame read by itself; the best frame of each track, if an oracle chose it; and all of them together. *Gain* is
# together less single.

# %%
evaluation.readable(evaluation.single_vs_fused(results))

# %% [markdown]
# There are several ways to join frames. The report lets whole strings vote; adding log-probabilities instead keeps what
# each frame knows about each character. `joint`, where the reader has it, is one look at all frames; such a reader's
# frames know of one another in the other rows too.

# %%
evaluation.by_method(results, frames, tracks.plate)

# %% [markdown]
# ## What it may know beforehand
#
# O, D and Q of an old plate differ by a pixel at this size. Whoever knows which letters are on the road reads them all
# the same. A *text prior* learns that from a list of plates, here the training labels (or a file of your own town's:
# `PLATES`); it is added to what the reader saw, with the weight that finds the validation plates least surprising. Test
# tracks never teach it.

# %%
prior = notebook.text_prior(settings, PLATES)
seen = decoding.track_slots(frames)
validation = (results.split == "val").tolist()
prior, weights = decoding.weigh_prior(prior, seen[validation], results.text[validation].tolist())
decoding.save_prior(prior, settings.artifacts / decoding.PRIOR_FILE)
print(prior)
weights.set_index("weight").round(3)

# %% [markdown]
# What it wins on plates that it expects, and what it costs on others: the tracks above by how likely it thought their
# true texts before it saw a frame. A prior of another town would cost more. (`load_reader(…, prior=load_prior(FILE))`
# reads with it, anywhere.)

# %%
informed, _ = inference.read_split(recogniser, tracks, "val", "more", prior=prior)
evaluation.readable(evaluation.prior_effects(results, informed, prior))

# %% [markdown]
# ## Did the other phase read anything that this one does not?
#
# Both phases' checkpoints, on the same tracks. Two intervals that overlap say little about a difference: the readers
# find the same plates hard. The paired bootstrap draws plates for both at once; McNemar's test looks only at tracks
# that one of them reads and the other does not.

# %%
comparison = None
for other, reader in notebook.other_readers(settings, phase).items():
    theirs, _ = inference.read_split(reader, tracks, "val", "more")
    comparison = evaluation.compare(theirs, results, (other, phase))
print(comparison or "Only one phase has been trained; 03_finetune_phase2 trains the other.")

# %%
comparison.counts if comparison else None

# %%
evaluation.readable(comparison.rates) if comparison else None

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
known, _ = inference.read_split(recogniser, tracks, "held_out")
measured = evaluation.with_conditions(results)
table = evaluation.by_condition(measured, known)
plots.conditions(table, evaluation.separations(measured), evaluation.CONDITIONS)

# %% [markdown]
# ## At which places of the plate
#
# Above, how often each of the seven places is read right; below, what is confused there. Letters and digits have their
# own places, so confusions have too.

# %%
plots.places(evaluation.by_slot(results), evaluation.confusions_by_slot(results))

# %% [markdown]
# ## Which characters
#
# Rows are true characters, columns what was read. The layouts fix which places hold digits and which letters: only
# where the layout itself is mistaken does an error cross the line, into the tinted blocks.

# %%
confusion = evaluation.confusion_matrix(results, tracks.plate)
plots.confusion_matrix(confusion)

# %%
evaluation.readable(evaluation.by_kind(results, tracks.plate))

# %% [markdown]
# The most frequent confusions, and the share of the true character's occurrences that met this end.

# %%
top = evaluation.top_confusions(confusion)
utils.styled(top).hide().format({"share": "{:.1%}"})

# %% [markdown]
# What the reader had to go by: both characters as they are drawn, then the places where one was taken for the other
# (between the yellow marks), cut from the frame that weighs most, the surest errors first. Would you have read them?

# %%
rows = tracks.rows("val", "more")
attribution = evaluation.attribute(recogniser, tracks.lr, rows, frames)
plots.confusion_crops(results, attribution, evaluation.substitutions(results), top.head(6))

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
measured = measured.assign(unmasked=decoding.fuse(frames, plate=tracks.plate).texts)
classes = evaluation.classify_failures(measured, tracks.plate)
shares = evaluation.failure_shares(measured, classes, tracks.plate)
shown = evaluation.readable(shares)[["tracks", "wrong", "expected", "verdict", "reported"]]
utils.styled(shown).format({"reported": "{:.0%}"}, na_rep="–")

# %% [markdown]
# The rules, as measured here:

# %%
utils.styled(shares[["rule"]])

# %% [markdown]
# One wrong track of each class, the purest: with no other class, where there is one.

# %%
plots.track_sheet(evaluation.failure_examples(measured, classes), problems=True)

# %% [markdown]
# ## Where it looked
#
# Our reader has one query for each slot of the plate. Below each frame, as it was after the reader's own alignment,
# stands how much each query attended to each column: a clean diagonal means that it found its characters. A frame's
# *weight* is its share of all attention. (A network of single frames shows how sure it is of each; a map too where it
# attends, of its slots to columns, or with `crnn-cbam` of what it let through.) Two wrong tracks and a right one,
# drawn at random.

# %%
chosen = evaluation.typical_tracks(results, wrong=2, right=1)
plots.attention(results, attribution, chosen)

# %% [markdown]
# Do weights mean anything? If they do, the weightiest frame, read by itself, is right more often than the others.

# %%
by_weight = evaluation.by_frame_weight(results, attribution)
utils.styled(evaluation.readable(by_weight)).format({"weight": "{:.0%}"}, na_rep="–")

# %% [markdown]
# The pixels that decided, on the frames as they came: bright where a small change argues most for the reading against
# the truth (in the right track, for the reading). They should lie on the characters that were in doubt. Where they lie
# on the rim or the bumper, the reader has learnt something it should not have.

# %%
maps = evaluation.saliency_maps(recogniser, tracks.lr, rows, results, chosen)
plots.saliency(results, tracks.lr, maps, rows)

# %% [markdown]
# # Whom to ask
#
# ## Can its confidence be trusted?
#
# On the diagonal, a plate read with 80 % confidence is right four times in five. Five frames of one plate resemble each
# other, so adding them up makes a recogniser surer than it should be. A *calibration* learns from these tracks what a
# confidence is worth. It is judged on plates that it did not learn from, five parts taking turns.
# `load_reader` finds it beside the checkpoint, and each of its readings says whether it was applied. A reader with the
# prior from above has a calibration of its own.

# %%
options = {"reader": recogniser.digest, "plate": tracks.plate}
learnt = evaluation.fit_calibration(results, error_rate=0.05, **options)
evaluation.save_calibration(learnt, settings.calibration)
best = settings.artifacts / phase / "best"
evaluation.save_calibration(learnt, best / evaluation.calibration_file())
with_prior = evaluation.fit_calibration(informed, error_rate=0.05, prior=prior, **options)
evaluation.save_calibration(with_prior, best / evaluation.calibration_file(prior))
calibrated = evaluation.cross_fitted(results)
print(learnt)

# %%
curves = evaluation.reliability_curve(results), evaluation.reliability_curve(calibrated)
plots.reliability_diagram(*curves)

# %%
told = {"before": results, "after": calibrated}
figures = {f"plates, {when}": table for when, table in told.items()}
figures |= {
    f"characters, {w}": evaluation.LabelledConfidences.of_characters(t).table() for w, t in told.items()
}
evaluation.summaries(figures).loc[["ECE", "confidence gap", "mean confidence"]]

# %% [markdown]
# Several calibrations were tried. Of those that explain the other plates about equally well (within one standard error
# of the lowest log loss) the one with the widest gap is chosen, if there are enough plates to learn from. An honest
# probability does not always widen the gap: `step`, a 0 or a 1, does that best and says least. Whoever is after the
# tie-break alone takes `evaluation.calibrate(results, learnt,
# tie_break=True)`.

# %%
methods = (*evaluation.CALIBRATORS, "step")
evaluation.compare_calibrators(evaluation.LabelledConfidences.of_plates(results), methods).round(3)

# %%
evaluation.readable(evaluation.confidence_bands(calibrated))

# %%
plots.confidence_histogram(calibrated)

# %% [markdown]
# ## Which plates should a human look at?
#
# Those below a threshold of confidence, so low that at most 5 % of the others are wrong. (It is one of the confidences
# before calibration, which keeps their order.) A threshold flatters on the tracks that chose it; in the table below,
# each is judged on other plates.

# %%
print(evaluation.review_threshold(results, 0.05))
evaluation.readable(evaluation.review_table(results))

# %% [markdown]
# # Look for yourself
#
# ## The worst tracks
#
# Wrong, and sure of it:

# %%
plots.track_sheet(evaluation.worst_tracks(results, 5))

# %% [markdown]
# ## Browse the errors
#
# Filter by text (`?` is any character, `*` any number of them), kind of error, layout, scenario, confidence or number of
# edits; press a cell of the confusion matrix to see its tracks; page through what is left. Wrong characters are marked
# by colour and by a frame, and below each place stands what else it may have been. Tab reaches every control, and Enter
# takes what was typed; the drop-down lists want the mouse in JupyterLab, which takes keys pressed there for its own.
#
# Flag a track that nobody could read, correct a label that is wrong, write a note: `annotations.csv` in the results'
# folder keeps it by track, and the browser shows it again the next time. *Export as CSV* writes the chosen rows to
# `chosen.csv` beside it.
#
# With `enlarge=notebook.enlarger(settings)` the browser also shows, below the frames, what the super-resolution of notebook
# 02 makes of them.

# %%
readings = decoding.fuse(frames, plate=tracks.plate, layouts="any")
browsed = calibrated.assign(alternatives=inference.alternatives(readings, tracks.plate))
browser.ErrorBrowser(browsed, settings.artifacts, plate=tracks.plate)

# %% [markdown]
# What your annotations change in the data once they are applied (run this cell again after a few). A corrected label takes
# the place of the old one; a flagged track is neither trained on nor measured, so it will not be among these results
# any more: to take its flag back, delete its line in `annotations.csv`.

# %%
annotations = data.load_annotations(settings.annotations)
data.apply_annotations(tracks.table, annotations, tracks.plate)[1]

# %% [markdown]
# ## What we learned
#
# - How much five frames give, which way of joining them to choose, and whether one phase beats the other.
# - What it is worth to know which letters are on the road. `text_prior.json` keeps it.
# - Under which conditions the reader fails, which characters it takes for which, and at which places.
# - Which of the report's reasons hold, and which are as frequent among plates that were read.
# - Which frame weighed most, where the reader looked, and that a frame's weight is worth a number.
# - What a confidence is worth, and how many plates a human would have to look at. `calibration.json` keeps it.
#
# Next: [05_submission](05_submission.ipynb) reads the test tracks and writes the submission.
