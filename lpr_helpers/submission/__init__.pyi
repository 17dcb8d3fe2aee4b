from .model_selection import (
    Choice as Choice,
    best_choice as best_choice,
    choices as choices,
    read_by as read_by,
    validation_table as validation_table,
    with_prior as with_prior,
)
from .validator import Report as Report, Violation as Violation, validate_submission as validate_submission
from .writer import (
    Submission as Submission,
    SubmissionError as SubmissionError,
    submission_rows as submission_rows,
    write_submission as write_submission,
    write_submission_rows as write_submission_rows,
)
