"""The fonts that plates are lettered in."""

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.lettering import FONTS, SMALL_FONT
from lpr_helpers.synthetic.recipe import RECIPE


def test_every_font_has_its_licence_beside_it():
    fonts = sorted(FONTS.glob("*.ttf"))
    used = {RECIPE.plates.lettering[layout].slab_font for layout in BRAZIL.layouts}
    used.add(SMALL_FONT)
    used.update(font for layout in BRAZIL.layouts for font in RECIPE.plates.lettering[layout].fonts)
    assert used <= {font.stem for font in fonts}
    for font in fonts:
        assert "SIL OPEN FONT LICENSE" in font.with_name(f"OFL-{font.stem}.txt").read_text().upper()
