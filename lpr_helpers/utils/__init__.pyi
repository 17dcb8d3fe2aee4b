from .devices import (
    Gpu as Gpu,
)
from .devices import (
    best_device as best_device,
)
from .devices import (
    fastest_precision as fastest_precision,
)
from .devices import (
    gpus as gpus,
)
from .devices import (
    keep_freed_memory as keep_freed_memory,
)
from .devices import (
    peak_memory_mb as peak_memory_mb,
)
from .distributed import (
    all_gather as all_gather,
)
from .distributed import (
    broadcast as broadcast,
)
from .distributed import (
    shard as shard,
)
from .distributed import (
    sync_batch_norm as sync_batch_norm,
)
from .files import (
    MissingStepError as MissingStepError,
)
from .files import (
    checkout as checkout,
)
from .files import (
    needed as needed,
)
from .files import (
    standing as standing,
)
from .files import (
    whole_folder as whole_folder,
)
from .files import (
    write_json as write_json,
)
from .files import (
    write_whole as write_whole,
)
from .images import (
    FRAMES as FRAMES,
)
from .images import (
    SIZES as SIZES,
)
from .images import (
    load_frame as load_frame,
)
from .images import (
    read_image as read_image,
)
from .images import (
    resize as resize,
)
from .images import (
    sharpness as sharpness,
)
from .progress import bar as bar
