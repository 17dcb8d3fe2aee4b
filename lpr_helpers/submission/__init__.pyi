from .model_selection import (
    Choice as Choice,
)
from .model_selection import (
    best_choice as best_choice,
)
from .model_selection import (
    choices as choices,
)
from .model_selection import (
    read_by as read_by,
)
from .model_selection import (
    validation_table as validation_table,
)
from .validator import Report as Report
from .validator import Violation as Violation
from .validator import validate_submission as validate_submission
from .writer import (
    Submission as Submission,
)
from .writer import (
    SubmissionError as SubmissionError,
)
from .writer import (
    write_submission as write_submission,
)
