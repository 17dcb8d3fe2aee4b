from .adaptation import ScenarioTransfer as ScenarioTransfer, learn_transfer as learn_transfer
from .batch_norm import adapt_batch_norm as adapt_batch_norm, target_rows as target_rows
from .errors import TrainingError as TrainingError
from .forgetting import (
    before_after_groups as before_after_groups,
    read_groups as read_groups,
    unseen_groups as unseen_groups,
    verdicts as verdicts,
)
from .fresh_batches import FreshBatches as FreshBatches
from .loop import fit as fit
from .multi_device import fit_everywhere as fit_everywhere
from .optimisers import Muon as Muon, make_optimiser as make_optimiser
from .phases import PHASE1 as PHASE1, PHASE2 as PHASE2, SR_PHASE as SR_PHASE, Phase as Phase
from .pretraining import (
    drawn_data as drawn_data,
    pretrain as pretrain,
    recalibrate as recalibrate,
    recalibrate_together as recalibrate_together,
)
from .protocols import PROTOCOLS as PROTOCOLS, make_protocols as make_protocols, run_protocol as run_protocol
from .pseudo_labels import (
    PseudoLabels as PseudoLabels,
    pseudo_label as pseudo_label,
    with_pseudo_labels as with_pseudo_labels,
)
from .runs import (
    best_row as best_row,
    best_run as best_run,
    compare_runs as compare_runs,
    epoch_line as epoch_line,
    read_history as read_history,
    read_samples as read_samples,
)
from .state import TrainingState as TrainingState
from .super_resolution import (
    drawn_pairs as drawn_pairs,
    train_super_resolution as train_super_resolution,
)
from .tuning import grid as grid, trials_table as trials_table, tune as tune, with_settings as with_settings
from .unlabelled import Unlabelled as Unlabelled
from .validation import validate as validate
from .variants import (
    VARIANTS as VARIANTS,
    Variant as Variant,
    make_variants as make_variants,
    train_ensemble as train_ensemble,
)
