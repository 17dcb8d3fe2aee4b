from .error_browser import ErrorBrowser as ErrorBrowser
from .filters import select as select
from .filters import with_distances as with_distances
