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
# # 2 · Phase 1: learn to read
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/REPO/blob/main/notebooks/02_train_phase1.ipynb)
#
# We train a reader that sees all frames of a track at once, and watch it: curves, the learning rate's way, time left,
# and a few plates as they are read after each epoch.
#
# **You need** the split of [01_eda](01_eda.ipynb). **It takes** two minutes with the demo data on two CPU cores (much
# longer with `LPR_READER=crnn`). Rerun it after an interruption and it goes on where it was.

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
# The switches LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE, LPR_READER and LPR_INPUT are explained in 01_eda.
import dataclasses

from lpr_helpers import evaluation, inference, models, notebook, plots, training

settings = notebook.read_settings()
phase = settings.profile.phase1
frame_format = notebook.frame_format(settings)  # of LPR_INPUT; grey light as it is, unless you say so
trials = settings.profile.trials  # how many settings to try under "Which settings?"
notebook.preflight_check(settings)

# %% [markdown]
# ## Frames, decoded once
#
# Every image is decoded and resized a single time, to 32 × 128 (low resolution) and 64 × 256 (high), and kept in one
# memory-mapped array. No epoch opens an image file again.
#
# The switch `LPR_INPUT` can have more of them: colour (`rgb`), another camera's frames (`grey+ir`, with the files
# `ir-001.png` … that `plates.toml` names), levels that are equalised (`grey clahe`), plates straightened where corners
# are annotated (`grey rectify`), a pyramid of scales (`grey 1 0.5`). The checkpoint remembers it, and all that read with
# it make their frames alike. [More of it, and what each is worth](../docs/inputs.md).

# %%
data = notebook.training_data(settings, frame_format=frame_format)
train, val = data.rows("train", scenarios=phase.scenarios), data.rows("val")
print(f"{len(train)} tracks to train on, {len(val)} to validate on; frames {data.lr.images.shape}")

# %% [markdown]
# ## The same frame, never twice
#
# Augmentation runs on whole batches, on the device. *Light* is the report's brightness, contrast and noise;
# *aggressive* adds small rotations and perspective, motion blur and JPEG compression. Phase 1 uses the second; only the
# demo, too short for it, keeps to the first.
#
# The picture shows both as training has them. The slider, in a running notebook, draws the same changes weaker or up to
# twice as strong: good augmentation leaves a plate that you could still read.

# %%
notebook.AugmentationGallery(data.lr.images[train[:6], 0])

# %% [markdown]
# ## The network
#
# Convolutions turn each frame into 32 columns of features. The frames meet twice: early, when each learns what all of
# them show on average, and late, when one query for each of the seven slots attends to the columns of all frames and
# says its character. A small part of the loss asks every frame to spell the plate by itself (CTC), so that single
# frames can be compared below. The report's network has only that part: four convolutions and an LSTM over the columns.
#
# To change a setting of the phase, say so before training, for example `phase = dataclasses.replace(phase,
# learning_rate=1e-3)`, and give the results another folder (`LPR_ARTIFACTS`), or delete the run folder of the old settings
# if you need it no more.

# %%
recogniser = models.initial_recogniser(settings.start, data.plate, phase.seed, frame_format=frame_format)
print(f"{settings.start}: {models.parameter_count(recogniser.model):,} parameters")
phase

# %% [markdown]
# ## A warm start, or from scratch
#
# The switch `LPR_READER` chooses what training begins with, and each choice has results of its own:
#
# - `ours`, unless you say otherwise: our network with the weights in the package, which know synthetic plates only;
# - `scratch`: the same network with fresh weights;
# - `crnn`: the network of the report that this project starts from, with fresh weights;
# - `cnn`: the report's plain baseline, convolutions and a head for each slot, with fresh weights;
# - `crnn7`, `crnn-attention`, `crnn-cbam`, `crnn-slots`, `vit`, `svtr`: the networks that the report would try next, with
#   fresh weights;
# - `temporal-gru`, `temporal-transformer`: a track as a sequence, which the report names and does not draw;
# - `sr-espcn`, `sr-residual`, `sr-multiframe`: our reader behind a network that makes frames larger, both with fresh
#   weights and both learning from what is read (see "Larger pictures first?").
#
# What does it read of the validation tracks before it has learnt from one of yours? The weights in the package know
# neither your camera nor your place, and neither do they know the demo's, with its crooked, fraying frames.

# %%
# On the CPU, since several GPUs can share a training only if none of them was used before.
start, _ = inference.read_split(recogniser, data, "val", device="cpu")
evaluation.readable(evaluation.breakdown(start, "layout"))

# %% [markdown]
# ## Training
#
# The line below says whether the run begins, goes on or is finished already; the picture is drawn anew after each epoch.
# Whole plates are read from all their frames, on validation tracks whose layout the network is not told. The two losses
# are no twins: that of training is taken while the weights still move, of augmented frames, and may have the CTC part.
#
# From fresh weights the curves lie on the floor for a while: a network has to find out where characters stand before it
# can learn what they look like.

# %%
live = notebook.LiveTraining(data, phase, settings.phase1)
history = training.fit_everywhere(recogniser, data, phase, settings.phase1, on_epoch=live.update)

# %%
told = ["recognition_rate", "character_accuracy", "seconds", "tracks_per_s", "peak_memory_mb"]
history.set_index("epoch")[told].round(3)

# %% [markdown]
# ## What it can read now
#
# First the reader against its own start, on the same plates: only where the 95 % interval of the difference leaves out
# zero does it say more or fewer. Then single frames, each read as if there were no other, against all five; the row *gain*
# says what joining them brings. Intervals are over plates.

# %%
results, _ = inference.read_split(recogniser, data, "val", single_frames=True)
print(f"After training, the network {evaluation.verdict(start, results)}.")
evaluation.readable(evaluation.single_vs_fused(results))

# %%
plots.track_sheet(results, n=5, seed=3)

# %% [markdown]
# ## Larger pictures first?
#
# The report would double the frames' size before they are read (10.2). LR and HR frames show other moments, so they are
# no pairs to learn from: a small network (ESPCN) gets HR frames that were made as poor as LR ones, and learns to undo
# that. How close it comes, against plain bicubic interpolation, on validation plates:

# %%
enlarging, learnt = notebook.train_pictures(settings, data)
learnt.set_index("epoch")[["loss", "psnr", "bicubic_psnr", "ssim", "bicubic_ssim"]].round(3)

# %%
val = data.rows("val")
pictures = inference.super_resolve(enlarging, data.lr, val)
plots.super_resolution(data, val, pictures)

# %% [markdown]
# Sharper to the eye is not yet easier to read. The same reader reads the same plates from their frames and from these
# pictures, brought back to the frames' size, so that only what is in them differs.

# %%
from_pictures = inference.read_pictures(recogniser, enlarging, data, val)
print(f"With pictures for frames, the network {evaluation.verdict(results, from_pictures)}.")

# %% [markdown]
# **Where it invents characters.** A plate that was read right from its frames, and from its pictures wrong with a
# confidence of a half or more, shows something that is not on it. So no such picture is evidence.

# %%
invented = evaluation.invented_characters(results, from_pictures, sure=0.5)
plots.super_resolution(data, val, pictures, readings=invented)

# %%
invented

# %% [markdown]
# ## Which settings?
#
# For its own network the report names a grid: batches of 32 to 128 frames, three learning rates, three dropouts, three
# sizes of LSTM. Each other network of `LPR_READER` has its own in `models.ARCHITECTURES`; with `ours` and `scratch` it is the
# report's that is tuned. We try `trials` points of it for a few epochs of low-resolution frames each, drop those that fall behind,
# and judge the rest by the characters they read on the validation tracks, since so short a run may not read one whole
# plate.
#
# The demo tries none. For some, put `trials = 20` into the parameters cell. The study is kept in a file: run the cell
# again and it goes on, give it a higher number and it tries more. Several notebooks or machines can share the work: pass
# each the `storage` of one database.

# %%
short = {"epochs": settings.profile.trial_epochs, "hr": False, "precision": phase.precision}
kind = settings.start if settings.start in models.ARCHITECTURES else "crnn"
rough = dataclasses.replace(training.PHASE1, **short)
study = training.tune(data, rough, settings.tuning, trials=trials, kind=kind)
plots.tuning(training.trials_table(study), settings=training.grid(kind))

# %%
training.trials_table(study).sort_values("character_accuracy", ascending=False)

# %% [markdown]
# `training.with_settings(study.best_params, data.plate, phase, kind=kind)` gives the recogniser and the phase of the best point, to
# be trained as above in a run folder of its own. Few trials of few epochs are a hint, not a proof: differences of a
# point or so may be the seed's.
#
# ## All runs so far
#
# Every run folder below the results is one row. The same curves, epoch by epoch and side by side, are shown by
# `tensorboard --logdir` with the results' folder, in a terminal; in Colab `%load_ext tensorboard` and then
# `%tensorboard --logdir` with that folder show them below a cell.

# %%
training.compare_runs(settings.artifacts)

# %% [markdown]
# ## What we learned
#
# - The checkpoint with the highest recognition rate is in `phase1/best`, with its history and configuration.
# - Whether training helped at all stands above, as a difference with its interval.
# - What five frames read beyond a single one stands in the row *gain*.
#
# Next: [03_finetune_phase2](03_finetune_phase2.ipynb) turns to Scenario B, where the test comes from.
