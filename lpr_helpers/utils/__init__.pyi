from .devices import (
    Gpu as Gpu,
    best_device as best_device,
    fastest_precision as fastest_precision,
    gpus as gpus,
    keep_freed_memory as keep_freed_memory,
    peak_memory_mb as peak_memory_mb,
)
from .distributed import (
    all_gather as all_gather,
    broadcast as broadcast,
    shard as shard,
    sync_batch_norm as sync_batch_norm,
)
from .files import (
    checkout as checkout,
    recovered as recovered,
    whole_folder as whole_folder,
    write_json as write_json,
    write_whole as write_whole,
)
from .images import (
    FRAMES as FRAMES,
    SIZES as SIZES,
    load_frame as load_frame,
    read_image as read_image,
    resize as resize,
    sharpness as sharpness,
)
from .progress import bar as bar
from .steps import MissingStepError as MissingStepError, require_step as require_step
