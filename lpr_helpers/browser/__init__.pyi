from .error_browser import ErrorBrowser as ErrorBrowser
from .filters import select as select, with_distances as with_distances
from .own_plates import OwnPlates as OwnPlates
