from .inference import load_reader as load_reader

__version__: str
