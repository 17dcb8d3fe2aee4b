"""What figures show and what is written in them."""

import matplotlib as mpl

mpl.use("agg")


def texts_of(figure):
    """Everything that is written in a figure, text by text."""
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text().strip()]


def words(figure):
    """Everything that is written in a figure, in one string."""
    return " | ".join(texts_of(figure))


def shown(figure):
    """The images of a figure, uint8, in the order in which they were drawn."""
    return [axis.images[0].get_array() for axis in figure.findobj(mpl.axes.Axes) if axis.images]
