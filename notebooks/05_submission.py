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
import time

from lpr_helpers import browser, evaluation, notebook, plots, submission

CHOICE = None  # or a row of the validation table below, such as 2, to read the test tracks in that way
PRIOR = ""  # or a file of plates of your own town, one a line, to take the place of the training labels
TTA = 1  # up to 5: each track so often, slightly moved, and the mean; as many times as slow
settings = notebook.read_settings()
readers = notebook.trained_readers(settings)
notebook.preflight_check(settings)

# %% [markdown]
# ## What shall read them?
#
# The checkpoints of both phases, the reader in the package as it came, and all of them together; joined frame by frame
# (*majority* is the report's string vote, *log_sum* adds log-probabilities) or by the reader itself (*joint*); with the
# likelier of the layouts imposed, or none. The last rows add a *text prior*: what the plates of the training tracks say
# (notebook 04 shows what it wins and costs), with the weight that suits each best. All read the validation tracks. Their
# intervals overlap widely where there are few plates: then the choice hardly matters, and one reader is simpler than three.

# %%
prior = notebook.text_prior(settings, PRIOR)
validated = notebook.read_validation(readers, settings, tta=TTA, prior=prior)
submission.validation_table(validated)

# %% [markdown]
# We take the row that reads most validation plates (of equal ones, that with the wider confidence gap), unless `CHOICE`
# names another. The test tracks have no say in it.

# %%
choice = submission.best_choice(validated) if CHOICE is None else list(validated)[CHOICE]
print(f"Chosen: {choice}")

# %% [markdown]
# ## The tracks to read
#
# Every test track gets an answer, also one whose frames are damaged: leaving it out would make the file invalid. In a
# folder that has no test part, such as a folder of your own tracks, all tracks are read.

# %%
table = notebook.tracks_to_read(notebook.open_data(settings))
lacking = table[table.lr.str.len() < 5]
print(f"{len(table)} tracks to read; {len(lacking)} with fewer than five readable frames")
lacking[["track_id", "problems"]]

# %% [markdown]
# ## Reading

# %%
started = time.perf_counter()
results = notebook.read_tests(choice, readers, table, settings, tta=TTA)
seconds = time.perf_counter() - started
print(f"{seconds:.1f} s with decoding: {1000 * seconds / len(table):.1f} ms a track")

# %% [markdown]
# ## How sure it is
#
# What a confidence of this choice is worth is learnt on the validation tracks, and judged there on plates that it was
# not learnt from. It decides ties: the competition ranks equal recognition rates by the *confidence gap*, mean
# confidence of right tracks less that of wrong ones.

# %%
learnt = evaluation.fit_calibration(validated[choice], error_rate=0.05)
print(learnt)
plots.confidence_histogram(evaluation.cross_fitted(validated[choice]))

# %%
results = evaluation.calibrate(results, learnt)
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
options = {"expected": table.track_id, "plate": readers[choice.readers[0]].plate}
written = submission.write_submission(results, settings.submission, **options)
print(*written.txt.read_text().splitlines()[:5], "…", sep="\n")
report = submission.validate_submission(written.zip, **options)
assert report.ok, report
print(f"{written.zip}: {report}")

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
known = notebook.add_truth(results, settings)
evaluation.readable(evaluation.summary(known)) if len(known) else "The truth of these tracks is unknown here."

# %%
evaluation.readable(evaluation.breakdown(known, "layout")) if len(known) else None

# %% [markdown]
# ## Your own plates
#
# Upload crops of a plate or a short video of them, or name a file or a folder; until then the first two tracks are shown.
# The (first) reader chosen above reads them. Other countries' plates: [docs/your-own.md](../docs/your-own.md).

# %%
browser.OwnPlates(
    notebook.live_reader(settings, choice.readers[0]), f"{settings.root}/" + table.folder.head(2)
)

# %% [markdown]
# ## What we learned
#
# - Which way of reading does best on validation plates, and by how little it may differ from the next.
# - The submission is in the results' folder, valid, sorted by track, with confidences that mean something.
#
# Back to [01_eda](01_eda.ipynb), or set `LPR_DATA` and read your own tracks.
