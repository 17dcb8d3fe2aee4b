"""The benchmarks' own rules: what is left out is really left out, and the halves of the real plates stay apart."""

import pkgutil
from dataclasses import replace
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import torch

from lpr_helpers.models.multiframe import MultiFrameReader
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.recipe import RECIPE
from tests import benchmarks
from tests.benchmarks import decoders, pages, plateau, readers
from tests.benchmarks.ablation import VARIANTS, Tracks, loss_of, slots_of
from tests.benchmarks.ingredients import FREE, INGREDIENTS, without
from tests.benchmarks.peers import PEERS, Peer
from tests.benchmarks.rectify import in_half
from tests.benchmarks.turns import in_turns
from tests.support.alignments import logits_of, path_of


@pytest.mark.parametrize("name", sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__)))
def test_every_benchmark_keeps_up_with_the_package(name):
    import_module(f"tests.benchmarks.{name}")


def test_everything_is_the_recipe_itself():
    assert without("everything", RECIPE) == (RECIPE, FREE)


@pytest.mark.parametrize("name", INGREDIENTS)
def test_leaving_an_ingredient_out_changes_the_recipe_and_still_makes_tracks(name):
    assert without(name, RECIPE) != (RECIPE, FREE)
    recipe, _ = without(name, RECIPE)
    for scenario in "AB":
        assert len(make_track(3, scenario, "Brazilian", recipe=recipe, hr=False).lr) == 5


def test_every_plate_is_in_one_half_whatever_the_track():
    texts = [f"ABC{number}" for number in range(1000, 1200)]
    steer = [in_half(text, "steer") for text in texts]
    assert [not here for here in steer] == [in_half(text, "report") for text in texts]
    assert 0.3 < np.mean(steer) < 0.7


@pytest.fixture(scope="module")
def tracks():
    """Six tracks of noise."""
    rng = np.random.default_rng(0)
    return Tracks(rng.integers(0, 256, (6, 5, 1, 32, 128), dtype=np.uint8), rng.integers(0, 36, (6, 7)))


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_of_our_reader_learns_and_reads(name, tracks):
    torch.manual_seed(0)
    variant = VARIANTS[name]
    model = variant.build().train()
    loss_of(variant, model, tracks, spaced=1.0).backward()
    silent = {
        name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None
    }
    assert silent == (set() if variant.ctc else {"ctc_head.weight", "ctc_head.bias"})
    slots = slots_of(model.eval(), tracks.images)
    assert slots.shape == (6, BRAZIL.length, 36)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multiframe", "crnn"])
def test_a_start_is_followed_step_by_step(kind, monkeypatch):
    monkeypatch.setattr(plateau, "STEPS", 2)
    phase = replace(plateau.PHASE, batch_size=2)
    data = plateau.drawn(replace(plateau.TRAIN, tracks=4, workers=0))
    told = plateau.losses(kind, phase, data, seed=1)
    assert len(told) == 2
    assert all(2 < loss < 60 for loss in told)


@torch.inference_mode()
def test_frames_that_are_not_fused_early_are_seen_each_alone():
    frames, valid = torch.rand(1, 2, 1, 32, 128), torch.ones(1, 2, dtype=torch.bool)

    def change(model):
        """How much the second frame changes what is read of the first one alone."""
        model.eval()
        return (
            (model(frames, valid).ctc_logits[:, 0] - model(frames[:, :1], valid[:, :1]).ctc_logits[:, 0])
            .abs()
            .max()
        )

    assert change(VARIANTS["no early fusion"].build()) < 1e-4 < change(MultiFrameReader())


@torch.inference_mode()
def test_alignment_without_bounds_moves_a_frame_as_far_as_it_likes():
    frames = torch.rand(1, 1, 32, 128)

    def half_a_frame_on(model):
        """The frame where alignment has learnt to look half a frame further to the right."""
        model.align.localisation[-1].bias[2] = 1.0  # of 2, the width
        return model.align(frames)

    free = half_a_frame_on(VARIANTS["alignment without bounds"].build().eval())
    torch.testing.assert_close(free[..., :64], frames[..., 64:], atol=1e-4, rtol=0)
    assert not torch.allclose(
        half_a_frame_on(MultiFrameReader().eval())[..., :64], frames[..., 64:], atol=0.1
    )


@torch.inference_mode()
def test_without_learned_quality_all_frames_count_the_same():
    tokens = torch.randn(4, 192)
    assert not VARIANTS["no learned quality"].build().quality(tokens).any()
    assert MultiFrameReader().quality(tokens).any()


def test_readers_are_compared_on_each_kind_of_tracks_and_on_all_of_a_scenario():
    def read(*right):
        return pd.DataFrame(
            {"text": ["ABC1234"] * len(right), "reading": ["ABC1234" if yes else "XYZ1234" for yes in right]}
        )

    found = {
        ("ours, five frames", "synthetic B, Brazilian"): read(True, True),
        ("ours, five frames", "synthetic B, Mercosur"): read(True, False),
    }
    rows = readers.figures(found).set_index("tracks")
    assert rows["plates"].to_dict() == {
        "synthetic B": 0.75,
        "synthetic B, Brazilian": 1.0,
        "synthetic B, Mercosur": 0.5,
    }
    table = readers.as_markdown(rows.reset_index()).splitlines()
    assert table[0] == "| reader | synthetic B (4) | synthetic B, Brazilian (2) | synthetic B, Mercosur (2) |"
    assert table[2].startswith("| ours, five frames | 75.0 % (")


def test_every_way_to_decode_is_measured_on_the_same_tracks():
    def frames(*paths):
        """The logits of a track of three frames."""
        logits = torch.cat([logits_of(path_of(path)) for path in paths], 1)
        return logits, torch.ones(1, 3, dtype=torch.bool)

    batches = [frames("ABC-1234", "ABC-1234", "ABC-1284"), frames("ABC-1O34", "ABC-1O3O", "ABC-----")]
    table = pd.DataFrame({"track_id": ["1", "2"], "text": ["ABC1234", "ABC1030"]})
    tried = decoders.ways(BRAZIL, width=3)
    assert tried["greedy, vote"](batches[1]) == ["ABC1O34"]
    rows = decoders.measured(tried, batches, table)
    assert list(rows.index) == list(tried)
    assert (rows["plates"] >= 0.5).all()
    assert (rows["ms"] > 0).all()
    assert np.isnan(rows.loc[decoders.EXACT, "difference"])
    others = rows.drop(index=decoders.EXACT)
    assert (others["difference_low"] <= others["difference"]).all()


def test_a_track_whose_frames_read_no_whole_plate_is_read_by_the_constrained_beam_alone():
    logits = logits_of(path_of("ABC-123---"), 4.0).expand(-1, 3, -1)
    batch, tried = (logits, torch.ones(1, 3, dtype=torch.bool)), decoders.ways(BRAZIL, width=20)
    assert tried["greedy, vote"](batch) == tried["greedy, look-alikes, vote"](batch) == [""]
    assert BRAZIL.misfit(tried["constrained beam of 20, vote"](batch)[0]) is None


SIZES = {"CRNN": 8.9, "STN": 30.8, "SVTRv2-like": 17.9}
"""Millions of numbers of others' networks, where their papers and releases have 9, 31 and 20."""


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_networks_of_others_have_their_size_and_learn_and_read(name):
    peer = Peer.of(name)
    size = next(size for begin, size in SIZES.items() if name.startswith(begin))
    assert sum(weight.numel() for weight in peer.model.parameters()) / 1e6 == pytest.approx(size, abs=0.1)
    tracks = torch.rand(1, 5, 3, 32, 128)
    peer.learn(tracks)
    assert all(weight.grad is not None for weight in peer.model.parameters())
    assert peer.read(tracks).shape[0] in (32, 33)


def test_turns_are_taken_and_the_first_do_not_count():
    done = []
    in_turns(2, one=lambda: done.append(1), two=lambda: done.append(2))
    assert done == [1, 2] * 4


def test_what_is_printed_is_shown_and_put_into_a_page(tmp_path, capsys):
    page = tmp_path / "speed.md"
    page.write_text("# Speed\n\n<!-- bench -->\nnothing\n<!-- /bench -->\n\nThe end.\n")
    with pages.told() as said:
        print("5 ms")
    assert capsys.readouterr().out == "5 ms\n"
    for _ in range(2):
        pages.put_between(page, said.getvalue(), tmp_path / "speed.png")
    text = page.read_text()
    assert text.count("```\n5 ms\n```") == text.count("](speed.png)") == 1
    assert "nothing" not in text
    assert text.endswith("The end.\n")
    with pytest.raises(ValueError, match="has no <!-- bench -->"):
        page.write_text("# Speed\n") and pages.put_between(page, "")
