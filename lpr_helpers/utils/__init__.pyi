from .arrays import new_array as new_array
from .cores import usable_cores as usable_cores
from .devices import (
    Gpu as Gpu,
    best_device as best_device,
    fastest_precision as fastest_precision,
    gpus as gpus,
    keep_freed_memory as keep_freed_memory,
    multiplies_in_bf16 as multiplies_in_bf16,
    peak_memory_mb as peak_memory_mb,
)
from .distributed import (
    all_gather as all_gather,
    broadcast as broadcast,
    shard as shard,
    sync_batch_norm as sync_batch_norm,
)
from .files import (
    DiskFullError as DiskFullError,
    checkout as checkout,
    cleared as cleared,
    recovered as recovered,
    whole_file as whole_file,
    whole_folder as whole_folder,
    write_json as write_json,
    write_whole as write_whole,
)
from .images import (
    FRAMES as FRAMES,
    SIZES as SIZES,
    BadImageError as BadImageError,
    decode as decode,
    load_frame as load_frame,
    load_image as load_image,
    read_header as read_header,
    read_image as read_image,
    resize as resize,
    sharpness as sharpness,
    to_uint8 as to_uint8,
)
from .installed import versions as versions
from .locks import FolderInUseError as FolderInUseError, sole_writer as sole_writer
from .measured import (
    Choice as Choice,
    cache_folder as cache_folder,
    fastest as fastest,
    timed_in_turns as timed_in_turns,
)
from .processes import process_pool as process_pool
from .progress import bar as bar
from .regular import is_utf8 as is_utf8, printable as printable, read_regular as read_regular
from .spreadsheets import plain_text as plain_text, write_csv_rows as write_csv_rows
from .steps import MissingStepError as MissingStepError, require_step as require_step
from .tables import styled as styled, write_csv as write_csv
