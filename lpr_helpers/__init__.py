"""Low-resolution licence-plate recognition: the helpers that the five notebooks call, and a reader in one line."""

__version__ = "0.1.0"
__all__ = ["load_reader"]


def __getattr__(name: str):
    # Importing the package stays fast: torch comes with the reader.
    if name == "load_reader":
        from lpr_helpers.plate_reader import load_reader

        return load_reader
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
