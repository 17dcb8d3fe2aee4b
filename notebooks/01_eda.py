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
# seven characters are to be read. This notebook shows what such data look like, what is broken in them, how far the
# scenarios lie apart and what a pixel is worth; then it sets aside the plates on which every later figure is measured.
#
# **You need** nothing: without a data set, synthetic plates are drawn and filmed for you. If you hold LRLPR-26, set
# `LPR_DATA` to its folder. **It takes** a minute with the demo data on two CPU cores.

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
# Five switches in the environment decide what happens here; left alone, you get the demo.
#   LPR_DATA       the data set's folder      e.g. /content/LRLPR-26, on this machine's own disk
#   LPR_ARTIFACTS  where results are kept     e.g. /content/drive/MyDrive/lpr
#   LPR_PROFILE    tiny, demo or full         full is the whole training
#   LPR_READER     ours, scratch, crnn …      ours: from the weights in the package; all others: see README
#   LPR_INPUT      grey, rgb, grey+ir …       grey; what frames are made of, see 02
from lpr_helpers import data, evaluation, notebook, plots, synthetic, utils

settings = notebook.read_settings()
notebook.preflight_check(settings)

# %% [markdown]
# ## What is there
#
# Scenario A was filmed in mild daylight, Scenario B in all weathers and at night. Training tracks carry the plate's
# text and five high-resolution frames besides; test tracks are five small frames and nothing else.

# %%
tracks = notebook.open_data(settings)
plots.counts(tracks.table)

# %% [markdown]
# The same in numbers. *Trainable* is a track whose text is known and fits its layout, and that has a frame to show.

# %%
utils.styled(data.inventory(tracks.table)).hide()

# %% [markdown]
# One row is one track. Everything later works on this table.

# %%
labelled = tracks.table[tracks.table.trainable & (tracks.table.split != "test")]
labelled[["track_id", "split", "scenario", "layout", "text", "lr_sizes", "problems"]].head()

# %% [markdown]
# ## What it looks like
#
# Each track below shows its five low-resolution frames (LR), and under them the high-resolution ones (HR), where it has
# any. They are **not** the same moments: the small frames were taken while the vehicle was far away, the large ones
# when it had come near. So nothing lines up pixel by pixel. Yellow outlines join the corners, where the annotation
# gives them.
#
# The demo's tracks come from an imagined ferry's harbour with two old cameras behind glass: A at the gate by day, B on
# the pier at night, under sodium lamps. They hang crooked on either side of the lane, the glass throws a faint second
# image, and odd rows are exposed after even ones (*interlacing*), so that a moving plate frays like a comb. The weights
# in the package never saw such frames: they have something to learn here, as they have from your camera.

# %%
plots.track_sheet(labelled[labelled.scenario != "B"], n=3, hr=True, seed=1)

# %% [markdown]
# Scenario B, which the test tracks come from. Its annotations have no corners.

# %%
plots.track_sheet(labelled[labelled.scenario == "B"], n=3, hr=True, seed=2)

# %% [markdown]
# ## Corners
#
# Four corners are enough to straighten a plate: turned upright, and as wide as it really is. They come with Scenario A
# alone. Scenario B has none, and neither have the test tracks, so nothing in these notebooks relies on them.

# %%
plots.corners(labelled, n=3)

# %% [markdown]
# ## What is broken in it
#
# Every image was opened once. Whatever is wrong is listed here by kind, with an example of each, and nothing was
# dropped in silence: a track with a problem stays in the table and is left out only of what it cannot serve.

# %%
utils.styled(data.problem_summary(tracks)).hide()

# %% [markdown]
# The first track of each kind. A frame that cannot be used is simply not there: the others are read without it.

# %%
firsts = tracks.problems.drop_duplicates("kind").track_id
plots.track_sheet(tracks.table[tracks.table.track_id.isin(firsts)], n=5, problems=True)

# %% [markdown]
# Is this LRLPR-26, and all of it? The manifest in `data_manifest/` says what the full data set should contain; these
# are the differences. The demo data have fewer tracks, and your own may differ in more.

# %%
comparison = data.compare_with_manifest(tracks.table)
utils.styled(comparison[~comparison.ok].drop(columns="ok")).hide()

# %% [markdown]
# ## How small is small?
#
# A plate is 400 × 130 mm, so its true aspect is 3.08. The crops are squarer than that, some barely 2 to 1: seen through
# these cameras, plates look taller than they are. On the right a dot is a frame, a bar the middle half of all, the
# white mark their median.

# %%
plots.sizes(tracks.table)

# %% [markdown]
# ## What one pixel is worth
#
# Spread 400 mm over 44 pixels, and each of them is 9 mm: just as wide as the stroke of a character. So a character in
# an LR frame is four or five pixels wide, and *one* pixel parts 8 from B. All lengths below are pixels, and medians; where
# corners are known, the plate itself is measured, elsewhere the crop, which is a little wider.

# %%
worth = evaluation.pixel_worth(tracks.table, tracks.plate)
utils.styled(worth).hide().format(precision=1, na_rep="–")

# %% [markdown]
# One usual track of each scenario and layout: in HR, as it is in LR, and with a quarter and half of its rows and columns
# gone. (A camera twice as far away would sharpen and compress anew; this only takes pixels.) At half the size a stroke
# is half a pixel wide, and little is left to read.

# %%
plots.shrinking(tracks.table, tracks.plate)

# %% [markdown]
# ## The gap between scenarios
#
# A reader trained on one scenario meets another sort of frame in the other: that is the *domain gap*, and Phase 2
# (notebook 03) is there to close it. Here it is measured, on at most 200 tracks of each scenario, drawn at random.
# First what the measures mean: frames from the lowest value on the left to the highest on the right.

# %%
measures = evaluation.measure_frames(tracks.table, tracks=200, seed=0)
plots.extremes(measures)

# %% [markdown]
# Now all of them, a dot a track. The number on top is *Cliff's delta*: take a track of each side; how often has the
# second the higher value, minus how often the lower? 0 is no gap, ±1 is no overlap at all. In the demo data A and B differ
# as `lpr_helpers/synthetic/styles.py` has them differ, which is no measurement of LRLPR-26.

# %%
plots.domain_gap(measures)

# %% [markdown]
# The same as a table: medians, then the gap with its 95 % interval (a bootstrap over tracks) and the usual word for its
# size. Where the interval holds 0, so few tracks do not show which way the gap goes.

# %%
evaluation.domain_gap_table(measures)

# %% [markdown]
# ## Five frames of one plate
#
# How does each further frame of a track differ from its first? The plate grows as the vehicle comes nearer, and shifts
# in its crop by a pixel or so, hardly ever by a whole number of them: each frame lays another grid of pixels over the
# same strokes. That is what five frames know that one does not. Light and sharpness waver a little; once the shift is
# undone, the frames are nearly alike, noise and blocks apart. Bars are the middle 80 % of the tracks.

# %%
plots.changes(measures)

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
# The same seed at the harbour of the demo: its own glass, rows and lamps, and the letters of its own region.

# %%
plots.making(seed=3, scenario="B", layout="Mercosur", recipe=synthetic.HARBOUR)

# %% [markdown]
# Of all ingredients that we left out in turn, the letters cost a reader of real plates most (the table is in
# `docs/generator.md`), and no free font is the typeface of a plate. So we drew our own: most synthetic plates are set in
# these glyphs, the others in free fonts, since makers differ too.

# %%
plots.letters()

# %% [markdown]
# The ranges that are drawn from, with where they come from, stand in `lpr_helpers/synthetic/recipe.py`, and what the
# harbour has of its own in `styles.py` beside it. Without LRLPR-26
# these tracks are what you train on; with it they are training data to add, as many as you like:
#
# - one call, `write_dataset("more_tracks", train=(5000, 5000), test=0)` from `lpr_helpers.synthetic`,
# - or one command, `lpr-helpers make-data more_tracks --train-a 5000 --train-b 5000 --test 0`.

# %% [markdown]
# ## Which characters stand where
#
# The layouts fix where letters and digits stand: `LLLDDDD` on the older Brazilian plates, `LLLDLDD` on Mercosur's. A
# recogniser learns the shares below along with the shapes, whether we want it to or not. Look at the fifth place of
# Mercosur plates: those converted from an older plate have A to J there, in place of the digit they had. And the first
# letters tell where the vehicles come from, since each state had series of its own: at the demo's harbour most of those
# plates are from Santa Catarina (LWR to MMM), newly issued ones begin with R or S, and the fleets of hauliers and hirers
# share all three letters.

# %%
plots.characters(labelled, tracks.plate)

# %% [markdown]
# ## Plates that come back
#
# Some plates appear in several tracks, filmed another time.

# %%
repeated = data.repeated_plates(labelled)
print(f"{len(repeated)} of {labelled.text.nunique()} plates have more than one track.")
utils.styled(repeated.head()).hide()

# %%
again = labelled[labelled.text.isin(repeated.text.head(2))].sort_values("text")
plots.track_sheet(again, n=4)

# %% [markdown]
# Split the *tracks* at random, and a plate seen in training turns up again in validation; split the *frames*, and nearly
# every one does. The figure you would then report is partly memory. So all tracks of a plate go to one side.
#
# ## The split that everything rests on
#
# Validation plates come from Scenario B, as the test does, in the layouts' own proportions. Tracks of Scenario A that
# show a validation plate are *held out*: neither trained on nor measured.

# %%
fraction = settings.profile.validation
table = data.add_split(tracks.table, fraction=fraction)
data.save_split(table, settings.split)
plots.counts(table)

# %% [markdown]
# How much of validation would show a plate that was trained on, by what is split:

# %%
divided = table.loc[labelled.index]
leaks = data.leaks(divided, fraction=fraction)
utils.styled(leaks).hide().format({"seen in training": "{:.1%}"}, na_rep="–")

# %% [markdown]
# And how many plates any two sides have in common. On the diagonal stand a side's own plates; between `train` and `val`
# there must be none.

# %%
shared = data.shared_plates(divided)
assert shared.loc["train", "val"] == 0, "a plate stands on both sides of the split"
shared

# %% [markdown]
# ## What we learned
#
# - A character is a few pixels wide and a stroke about one, and crops are squarer than plates: no pixel may be wasted.
# - Five frames lay five grids of pixels over the same strokes: together they hold more than any one of them.
# - How far Scenario B lies from A is a number now, one for each measure. Phase 2 is there to close that gap.
# - Problems are listed, not hidden; the split is by plate, seeded, and kept in the results' folder.
#
# Next: [02_train_phase1](02_train_phase1.ipynb) trains a reader on both scenarios, and measures it on this split.
