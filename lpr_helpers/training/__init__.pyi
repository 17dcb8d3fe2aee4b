from .forgetting import (
    before_after_groups as before_after_groups,
)
from .forgetting import (
    read_groups as read_groups,
)
from .forgetting import (
    unseen_groups as unseen_groups,
)
from .forgetting import (
    verdicts as verdicts,
)
from .fresh_batches import FreshBatches as FreshBatches
from .loop import fit as fit
from .multi_device import fit_everywhere as fit_everywhere
from .optimisers import Muon as Muon
from .optimisers import make_optimiser as make_optimiser
from .phases import PHASE1 as PHASE1
from .phases import PHASE2 as PHASE2
from .phases import Phase as Phase
from .pretraining import drawn_data as drawn_data
from .pretraining import pretrain as pretrain
from .protocols import PROTOCOLS as PROTOCOLS
from .protocols import make_protocols as make_protocols
from .protocols import run_protocol as run_protocol
from .provenance import versions as versions
from .runs import (
    best_row as best_row,
)
from .runs import (
    best_run as best_run,
)
from .runs import (
    compare_runs as compare_runs,
)
from .runs import (
    epoch_line as epoch_line,
)
from .runs import (
    read_history as read_history,
)
from .runs import (
    read_samples as read_samples,
)
from .state import TrainingError as TrainingError
from .state import TrainingState as TrainingState
from .tuning import GRID as GRID
from .tuning import trials_table as trials_table
from .tuning import tune as tune
from .tuning import with_settings as with_settings
from .validation import validate as validate
