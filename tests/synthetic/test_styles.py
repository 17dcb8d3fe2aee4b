"""Styles: a camera and a place of their own; the usual recipe has nothing of them, and draws what it always drew."""

import hashlib
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from lpr_helpers import cli
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track, write_dataset
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.synthetic.places import Site
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.synthetic.styles import HARBOUR, ROSARIO, STYLES
from lpr_helpers.synthetic.texts import CONVERTED, SERIES, is_argentine, plate_text
from tests.support.fresh import drawn


def at(site, scenario="A"):
    """The usual recipe, filmed from a site."""
    camera = replace(RECIPE.cameras[scenario], site=site)
    return replace(RECIPE, cameras={**RECIPE.cameras, scenario: camera})


def frames(recipe, seed=1, **options):
    return make_track(seed, "A", "Mercosur", recipe=recipe, **options).lr


def test_a_site_that_has_nothing_of_its_own_films_as_the_usual_recipe_does():
    for usual, same in zip(frames(RECIPE), frames(at(Site())), strict=True):
        assert np.array_equal(usual, same)


@pytest.mark.parametrize(
    "site",
    [
        Site(roll=-5),
        Site(slant=0.2),
        Site(warmth=0.3),
        Site(ghost=(0.2, 0.2), ghost_shift=(0.1, 0)),
        Site(comb=(0.05, 0.05)),
    ],
    ids=["roll", "slant", "warmth", "ghost", "comb"],
)
def test_each_effect_of_a_site_is_seen(site):
    apart = [np.abs(a.astype(int) - b).mean() for a, b in zip(frames(RECIPE), frames(at(site)), strict=True)]
    assert min(apart) > 1


def test_an_interlaced_camera_leaves_every_other_row_where_it_was():
    plain = replace(RECIPE.cameras["A"], sharpening=(0, 0), noise=(0, 0), quality=(100, 100), video_share=0)
    combed = replace(plain, site=Site(comb=(0.06, 0.06)))
    one, two = (frames(replace(RECIPE, cameras={"A": camera})) for camera in (plain, combed))
    apart = np.abs(one[0].astype(int) - two[0]).mean(axis=(1, 2))
    assert apart[1::2].mean() > 3 * apart[::2].mean()


def test_the_light_of_the_harbour_at_night_is_warm():
    red, _, blue = np.mean(
        [make_track(seed, "B", "Mercosur", recipe=HARBOUR, hr=False).lr[0].mean((0, 1)) for seed in range(9)],
        axis=0,
    )
    assert red > 1.2 * blue


def test_plates_of_the_harbour_have_the_letters_of_their_states():
    rng, traffic = np.random.default_rng(0), HARBOUR.plates.traffic
    alone = replace(HARBOUR.plates, traffic=replace(traffic, fleet_share=0.0))
    old = Counter(state_of(plate_text("Brazilian", rng, alone)) for _ in range(3000))
    for state, share in traffic.states.items():
        assert old[state] / 3000 == pytest.approx(share, abs=0.04)
    mercosur = [plate_text("Mercosur", rng, HARBOUR.plates) for _ in range(3000)]
    assert all(BRAZIL.misfit(text, "Mercosur") is None for text in mercosur)
    new = [text for text in mercosur if text[4] not in CONVERTED]
    assert all(traffic.new[0] <= text[:3] <= traffic.new[1] for text in new)
    shares = HARBOUR.plates.converted_share
    assert 1 - len(new) / 3000 == pytest.approx(shares + (1 - shares) * 10 / 26, abs=0.03)


def test_fleets_of_the_harbour_share_their_letters():
    rng, traffic = np.random.default_rng(0), HARBOUR.plates.traffic
    for layout in BRAZIL.layouts:
        letters = [plate_text(layout, rng, HARBOUR.plates)[:3] for _ in range(2000)]
        of_a_fleet = np.mean([series in traffic.fleets for series in letters])
        assert of_a_fleet == pytest.approx(traffic.fleet_share, abs=0.05)


def state_of(text):
    return next((towns[0][:2] for first, last, *towns in SERIES if first <= text[:3] <= last), None)


def test_recipes_are_told_apart_by_what_they_have_of_a_place():
    usual = hashlib.sha256(repr(RECIPE).encode()).hexdigest()[:16]
    assert RECIPE.digest == usual
    changed = [
        at(Site(roll=1)),
        at(Site(roll=2)),
        replace(RECIPE, plates=replace(RECIPE.plates, traffic=HARBOUR.plates.traffic)),
    ]
    assert len({usual, HARBOUR.digest, *(recipe.digest for recipe in changed)}) == 5
    assert FreshTracks(1, 0, recipe=changed[0]).identity != FreshTracks(1, 0).identity


def test_plates_of_another_country_come_with_the_file_that_says_what_they_hold(tmp_path):
    root = write_dataset(tmp_path / "set", train=(3, 4), test=2, progress=False, recipe=ROSARIO)
    tracks = read_tracks(root, progress=False)
    assert tracks.problems.empty
    assert dict(tracks.plate.layouts) == {"Argentine": "LLDDDLL"}
    train = tracks.table[tracks.table.split == "train"]
    assert train.trainable.all()
    assert set(train.layout) == {"Argentine"}
    assert len(set(train.text)) == 6, "a plate of Scenario A is seen again"
    free = write_dataset(
        tmp_path / "free", train=(2, 2), test=0, free=0.5, progress=False, recipe=ROSARIO, modalities=["ir"]
    )
    assert dict(read_tracks(free, progress=False).plate.layouts) == {
        "Argentine": "LLDDDLL",
        "Free": "*******",
    }


def test_tracks_that_are_drawn_while_one_trains_are_of_that_country_too():
    _, targets = drawn(FreshTracks(4, 0, recipe=ROSARIO, free=0.0, hr=False, workers=0))
    assert all(is_argentine(BRAZIL.decode(target)) for target in targets)


def test_a_data_set_says_its_style_where_it_has_one(tmp_path, capsys):
    sizes = ["--train-a", "1", "--train-b", "1", "--test", "0"]
    for style in STYLES:
        assert cli.main(["make-data", str(tmp_path / style), "--style", style, *sizes]) == 0
    notes = {style: json.loads((tmp_path / style / "synthetic.json").read_text()) for style in STYLES}
    assert notes["harbour"]["style"] == "harbour"
    assert "style" not in notes["usual"]
    assert cli.main(["make-data", str(tmp_path / "x"), "--style", "desert"]) == 2
    assert "no style 'desert'; choose one of usual, harbour, argentine" in capsys.readouterr().err
