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
# # 1 · Look before you train
#
# [![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/OWNER/REPO/blob/main/notebooks/01_eda.ipynb)
#
# A licence plate seen from far away is about 44 × 20 pixels. Five such frames make a *track*, and from one track
# seven characters are to be read. This notebook shows what such data look like and what is broken in them, and
# sets aside the plates on which every later figure is measured.
#
# **You need** nothing: without a data set, synthetic plates are drawn and filmed for you. If you hold LRLPR-26, set
# `LPR_DATA` to its folder. **It takes** half a minute with the demo data on two CPU cores.

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

# %% tags=["parameters"]
# Four switches in the environment decide what happens here; left alone, you get the demo.
#   LPR_DATA       the data set's folder      e.g. /content/LRLPR-26, unpacked there from an archive on your Drive
#   LPR_ARTIFACTS  where results are kept     e.g. /content/drive/MyDrive/lpr
#   LPR_PROFILE    tiny, demo or full         full is the whole training
#   LPR_READER     ours, scratch or crnn      ours begins with the weights in the package, crnn is the report's network
from lpr_helpers import manifest, plots, splits
from lpr_helpers.data import open_data
from lpr_helpers.preflight import preflight
from lpr_helpers.settings import read_settings
from lpr_helpers.tracks import problem_summary

settings = read_settings()
preflight(settings)

# %% [markdown]
# ## What is there
#
# Scenario A was filmed in mild daylight, Scenario B in all weathers and at night. Training tracks carry the plate's
# text and five high-resolution frames besides; test tracks are five small frames and nothing else.

# %%
tracks = open_data(settings)
plots.counts(tracks.table)

# %% [markdown]
# One row is one track. Everything later works on this table.

# %%
labelled = tracks.table[tracks.table.trainable]
labelled[["track_id", "split", "scenario", "layout", "text", "lr_sizes", "problems"]].head()

# %% [markdown]
# ## What it looks like
#
# Each track below shows its five low-resolution frames, and under them the high-resolution ones. They are **not** the
# same moments: the small frames were taken while the vehicle was far away, the large ones when it had come near. So
# nothing lines up pixel by pixel. Outlines mark corners, where the annotation gives them.

# %%
plots.track_sheet(labelled[labelled.scenario != "B"], n=3, hr=True, seed=1)

# %%
plots.track_sheet(labelled[labelled.scenario == "B"], n=3, hr=True, seed=2)

# %% [markdown]
# ## How a synthetic track is made
#
# Real tracks of licence plates are hard to come by: they show somebody's car, and LRLPR-26 is handed out on request
# only. So plates are drawn here, with seven characters drawn at random, one pixel a millimetre; they age, are mounted
# on a vehicle, and are filmed from too far away. Between the fourth picture and the fifth most of the plate's pixels
# go; what the camera does afterwards makes the frame look sharper, and brings none of them back.

# %%
plots.making(seed=3, scenario="B", layout="Mercosur")

# %% [markdown]
# The same for an old Brazilian plate in Scenario A, the milder one.

# %%
plots.making(seed=3, scenario="A", layout="Brazilian")

# %% [markdown]
# Of all ingredients that we left out in turn, the letters cost a reader of real plates most (the table is in
# `docs/generator.md`), and no free font is the typeface of a plate. So we drew our own: most synthetic plates are set in
# these dies, the others in free fonts, since makers differ too.

# %%
plots.letters()

# %% [markdown]
# The ranges that are drawn from, with where they come from, stand in `lpr_helpers/synthetic/recipe.py`. Without LRLPR-26
# these tracks are what you train on; with it they are training data to add, as many as you like:
#
# - one call, `write_dataset("more_tracks", train=(5000, 5000), test=0)` from `lpr_helpers.synthetic`,
# - or one command, `python -m lpr_helpers.synthetic more_tracks --train-a 5000 --train-b 5000 --test 0`.

# %% [markdown]
# ## What is broken in it
#
# Every image was opened once. Whatever is wrong is listed here, once, and nothing was dropped in silence: a track
# with a problem stays in the table and is left out only of what it cannot serve.

# %%
problem_summary(tracks).style.hide()

# %% [markdown]
# Is this LRLPR-26, and all of it? The manifest in `data_manifest/` says what the full data set should contain; these
# are the differences. The demo data have fewer tracks, and your own may differ in more.

# %%
comparison = manifest.compare(tracks)
comparison[~comparison.ok]

# %% [markdown]
# ## How small is small?
#
# A plate is 400 × 130 mm, so its true aspect is 3.1. The crops are squarer than that, some barely 2 to 1: seen through
# these cameras, plates look taller than they are.

# %%
plots.sizes(tracks.table)

# %% [markdown]
# ## Which characters stand where
#
# The layouts fix where letters and digits stand: `LLLDDDD` on the older Brazilian plates, `LLLDLDD` on Mercosur's. A
# recogniser learns the shares below along with the shapes, whether we want it to or not.

# %%
plots.characters(labelled, tracks.plate)

# %% [markdown]
# ## Plates that come back
#
# Some plates appear in several tracks. Split the *tracks* at random, and a plate seen in training turns up again in
# validation: the figure you would then report is partly memory.

# %%
repeats = labelled.groupby("text").size()
print(f"{(repeats > 1).sum()} of {len(repeats)} plates have more than one track, at most {repeats.max()}.")

# %% [markdown]
# ## The split that everything rests on
#
# Validation plates come from Scenario B, as the test does, in the layouts' own proportions. All tracks of a plate go
# to one side. Tracks of Scenario A that show a validation plate are *held out*: neither trained on nor measured.

# %%
table = splits.add_split(tracks.table, fraction=settings.profile.validation)
splits.save_split(table, settings.split)
plots.counts(table)

# %%
sides = table.groupby("split")["text"].agg(set)
assert not sides["train"] & sides["val"], "a plate stands on both sides of the split"
print(f"{len(sides['train'])} plates to learn from, {len(sides['val'])} to measure on, none on both sides.")

# %% [markdown]
# ## What we learned
#
# - Frames are tiny and plates look taller than they are: no pixel may be wasted.
# - Problems are listed, not hidden; the split is by plate, seeded, and kept in the results' folder.
#
# Next: [02_train_phase1](02_train_phase1.ipynb) trains the report's network on both scenarios.
