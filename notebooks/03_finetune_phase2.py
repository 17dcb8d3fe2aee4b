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
# # 3 · Phase 2: the harder scenario
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/REPO/blob/main/notebooks/03_finetune_phase2.ipynb)
#
# The test tracks all come from Scenario B: night, rain, glare, hard compression. The report's second phase goes on from
# Phase 1's best checkpoint with Scenario B alone, a lower learning rate and light augmentation. Does it help,
# and what does it cost on Scenario A? We measure both.
#
# **You need** [02_train_phase1](02_train_phase1.ipynb). **It takes** a minute and a half with the demo data on
# two CPU cores (much longer with `LPR_READER=crnn`).

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

from lpr_helpers import evaluation, models, notebook, plots, training

settings = notebook.read_settings()
phase = settings.profile.phase2
others = settings.profile.protocols  # what to try under "Other ways to order the training"
variants = settings.profile.ensemble  # what to join under "Several readers as one"
UNLABELLED = ""  # a folder of tracks without labels, to learn from besides; never test tracks
notebook.preflight_check(settings)

# %% [markdown]
# ## Where Phase 1 left us

# %%
recogniser = notebook.phase1_reader(settings)
data = notebook.training_data(settings, frame_format=recogniser.frame_format)
recogniser.about

# %% [markdown]
# ## Training
#
# From Phase 1's best weights, a warm start if ever there was one. As in Phase 1, the line below says whether the run
# begins, goes on or is finished already, and the picture is drawn anew after each epoch.

# %%
live = notebook.LiveTraining(data, phase, settings.phase2)
history = training.fit_everywhere(recogniser, data, phase, settings.phase2, on_epoch=live.update)

# %% [markdown]
# Both phases, one after the other. In each, the rate of our reader rises and then falls to nothing; that of the report's
# network halves when progress stalls. The training losses of two phases do not compare, since Phase 2 leaves out the
# easier tracks of A; the validation losses do.

# %%
both = pd.concat([training.read_history(settings.phase1), history])
plots.learning_curves(both, [settings.profile.phase1, phase])

# %% [markdown]
# ## Before and after
#
# We read these tracks with Phase 1's checkpoint and with Phase 2's: the validation tracks, which are those of Scenario
# B; as many *training* tracks of Scenario A; and tracks that were *never seen*, where there are any: of A those that the
# split holds out, since they show a validation plate, and with the demo data fresh ones of both. Bars are 95 % intervals
# over plates.

# %%
unseen = notebook.load_evaluation_set(settings, frame_format=recogniser.frame_format)
groups = [(data, training.before_after_groups(data)), (unseen, training.unseen_groups(unseen))]
before = training.read_groups(notebook.phase1_reader(settings), groups)
after = training.read_groups(recogniser, groups)
plots.before_after(evaluation.breakdown(before, "group"), evaluation.breakdown(after, "group"))

# %% [markdown]
# Each scenario again, by layout. The fewer tracks stand in a row, the longer its bars.

# %%
plots.before_after(evaluation.breakdown(before, "part"), evaluation.breakdown(after, "part"))

# %% [markdown]
# ## Has it forgotten Scenario A?
#
# A network that learns one thing may lose another: *catastrophic forgetting*. The bars above cannot tell, since most of
# their length is about which plates happen to be hard for both. So we pair: the same resampled plates for both
# checkpoints, and the 95 % interval of their **difference**. Only where it leaves out zero do we say more or fewer.
#
# The tracks of A that were never seen answer the question. Those trained on in Phase 1 do not quite: their level
# flatters, and a loss may be memory fading rather than skill. Where they are all there is, take their **change** for a
# warning light. The validation tracks of B chose the checkpoint of each phase, which flatters both a little; fresh ones
# of B chose nothing.

# %%
print(training.verdicts(before, after))

# %% [markdown]
# ## The whole way
#
# And what was Phase 1 worth? The weights that training began with, on the same tracks, and all three side by side.

# %%
made_of = recogniser.frame_format
fresh = models.initial_recogniser(settings.start, data.plate, phase.seed, frame_format=made_of)
start = training.read_groups(fresh, groups)
print(training.verdicts(start, before, "Phase 1"))
read = {"before training": start, "after Phase 1": before, "after Phase 2": after}
tables = {name: evaluation.readable(evaluation.breakdown(table, "group")) for name, table in read.items()}
pd.DataFrame({name: table["recognition rate"] for name, table in tables.items()})

# %% [markdown]
# ## Without a text: the statistics of B
#
# Batch normalisation keeps means and variances of what it was trained on. Estimated anew on the training tracks of
# Scenario B, whose texts nobody looks at, do they take Phase 1's reader a part of the way? It takes seconds and changes no
# weight, so unlabelled tracks of your own camera would do. Test tracks are refused: statistics are a part of the reader,
# and the rules forbid to train on those.

# %%
adapted = training.adapt_batch_norm(notebook.phase1_reader(settings), data, training.target_rows(data, "B"))
read["after Phase 1, statistics of B"] = training.read_groups(adapted, groups)
print(training.verdicts(before, read["after Phase 1, statistics of B"], "the statistics of B"))

# %% [markdown]
# ## Other ways to order the training
#
# The report also considers everything at once (*mixed*), and *three phases*: Scenario A, then B, then B at a low rate.
# Two more lean to B and have all at once: *B-weighted* draws its tracks three times as often as those of A, and *transfer*
# makes half of A's look like B's, by the light, contrast, sharpness and noise that were measured of both (01_eda shows the
# gap). All start from the same weights and are judged on the same tracks. Two and three phases see every track equally
# often; the others have as many epochs as the two phases together, and so see more tracks, those of A among them. The
# best epoch of each was chosen on the very tracks that it is judged on here: read small differences as chance, as above.
#
# The demo leaves them out, since each takes as long as all of its training. To have them, put
# `others = ["mixed", "three phases", "B-weighted", "transfer"]`, or some of them, into the parameters cell.

# %%
protocols = training.make_protocols(settings.profile.phase1, phase, settings.profile.protocol_epochs)
histories = [both.assign(protocol="two phases")]
options = {"train": training.fit_everywhere, "on_epoch": plots.LiveCurves().update}
for name in others:
    first = models.initial_recogniser(settings.start, data.plate, phase.seed, frame_format=made_of)
    run = settings.protocols / name
    histories.append(training.run_protocol(name, protocols[name], data, run, recogniser=first, **options))
    read[name] = training.read_groups(first, groups)
plots.protocols(pd.concat(histories))

# %% [markdown]
# What each wins on B and forgets of A, against the two phases, and all of them side by side:

# %%
for name in others:
    print(f"{name}\n{training.verdicts(after, read[name], 'it')}")
tables = {name: evaluation.readable(evaluation.breakdown(table, "group")) for name, table in read.items()}
pd.DataFrame({name: table["recognition rate"] for name, table in tables.items()}).T

# %%
told = ["epochs", "best_epoch", "recognition_rate", "character_accuracy", "tracks_per_s", "seconds"]
training.compare_runs(settings.artifacts)[told].round(3)

# %% [markdown]
# ## Several readers as one
#
# An *ensemble* takes the mean of what several readers say, each by its weight, and the weights are those that find the
# validation plates least surprising. It lives on members that err on different plates: left, how often two of them read
# a track differently; right, what each reads alone, what all so far read together, and what an oracle would read that
# always believed a right one. The gain of the second and third member stands in the table, with its interval. The
# weights were chosen on these very tracks, which flatters a little.
#
# The demo leaves it out. To have it, put `variants = ["base", "augmentation", "crnn7"]` into the parameters cell;
# `lpr-helpers ensemble` does the same without a notebook, and `load_reader` reads with the folder.

# %%
joined = notebook.train_variants(settings, data, variants, training.fit_everywhere) if variants else None
if joined:
    rates = evaluation.oracle(joined.members, joined.joined)
    gains = evaluation.member_gains(joined.grown)
    differ = evaluation.disagreements(joined.members)
plots.ensemble(differ, rates, gains) if joined else None

# %%
evaluation.readable(gains).assign(weight=pd.Series(joined.weights)) if joined else None

# %% [markdown]
# ## Tracks without labels
#
# Frames are cheap and labels are not. Tracks that nobody has labelled help in two ways. *Pseudo-labels*: where all views
# of a track read the same and the calibrated confidence is high, the reading is taken for the label. *Consistency*: what
# a slowly following teacher reads of a track, the reader learns to read of its ruined frames too. Any tracks will do but
# the test's: the rules forbid to train on these, so they are refused, by their folders' names and by their pixels.
#
# The demo leaves it out. To have it, put a folder of tracks into the parameters cell: `UNLABELLED = "…"`.

# %%
found = notebook.tracks_without_labels(settings, data, UNLABELLED)
semi = models.load_recogniser(settings.phase2 / "best")
pseudo = training.pseudo_label([semi], found, data) if found else None
print(pseudo or "no tracks without labels")
sure = pseudo.table.groupby("why")[["confidence", "agreement"]] if pseudo else None
sure.agg(["min", "median", "max"]).round(3) if pseudo else None

# %%
if pseudo:
    both = training.with_pseudo_labels(data, pseudo)
    unlabelled = training.Unlabelled(
        found, tests=notebook.known_tests(settings, frame_format=semi.frame_format)
    )
    training.fit_everywhere(semi, both, phase, settings.semi_supervised, unlabelled=unlabelled)
    semi_read = training.read_groups(semi, groups)
    print(training.verdicts(after, semi_read, "learning without labels"))

# %% [markdown]
# ## What else the report hopes for
#
# Attention, super-resolution, ensembles, constrained decoding: the report expects a few points of each. This table was
# not made here. It comes with the package: every system at one budget, on synthetic tracks and on real ones, each beside
# the line that it is to be compared with: by how many points of plates it reads more, or fewer. `docs/systems.md` has all
# of it and tells how, and `make bench-systems` makes it anew.

# %%
hopes = ["the report expects", "beside", "found, synthetic", "found, real", "verdict"]
evaluation.systems_table()[hopes].query("verdict != 'not measured yet'")

# %% [markdown]
# ## Which checkpoint goes on
#
# The next notebooks take whichever of the two phases reads more validation plates.

# %%
best, _ = notebook.best_reader(settings)
print(f"{best} goes on")
told = ["epoch", "recognition_rate", "character_accuracy", "single_frame_rate", "val_loss"]
runs = {run.name: training.read_history(run) for run in (settings.phase1, settings.phase2)}
pd.DataFrame({name: training.best_row(history) for name, history in runs.items()}).loc[told]

# %% [markdown]
# ## What we learned
#
# - Phase 2 starts from Phase 1's best checkpoint and is judged on the same plates.
# - What it gains on B and loses on A stands above, with intervals and a verdict that claims no more than they do.
# - Other orders of training are one line away, and shown side by side.
#
# Next: [04_error_analysis](04_error_analysis.ipynb) looks at the plates that were misread.
