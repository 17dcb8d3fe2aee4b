"""What frames are made of, in the few words of a switch."""

from __future__ import annotations

from dataclasses import dataclass

from lpr_helpers.data.frame_format import PLAIN, Preprocessing


@dataclass(frozen=True)
class InputChoice:
    """What `LPR_INPUT` asks for. light: "grey", "rgb", or "" for the modalities alone, which are names."""

    light: str = "grey"
    modalities: tuple[str, ...] = ()
    preprocessing: Preprocessing = PLAIN


GREY = InputChoice()


def input_choice(text: str) -> InputChoice:
    """What a text such as ``grey+ir clahe rectify 1 0.5`` says; "" is grey light as it is.

    First what a frame shows, joined by +: grey or rgb, and modalities that the data set's ``plates.toml`` names. Then,
    in any order, hist or clahe, rectify, and scales; see `frame_format.Preprocessing`.

    Raises ValueError for anything else.
    """
    first, *rest = text.split() or ["grey"]
    names = first.split("+")
    light = names.pop(0) if names[0] in ("grey", "rgb") else ""
    equalise, rectify, scales = "none", False, []
    try:
        if "" in names or {"grey", "rgb"} & set(names):
            raise ValueError(f"{first!r} is not grey or rgb and modalities, each once, joined by +")  # noqa: TRY301
        for word in rest:
            if word in ("none", "hist", "clahe"):
                equalise = word
            elif word == "rectify":
                rectify = True
            else:
                scales.append(float(word))
        return InputChoice(light, tuple(names), Preprocessing(equalise, rectify, tuple(scales) or (1.0,)))
    except ValueError as error:
        raise ValueError(
            f"LPR_INPUT is {text!r} ({error}); give what frames show, and then what is done to them, such as 'grey', "
            "'grey+ir' or 'grey clahe rectify 1 0.5'"
        ) from error
