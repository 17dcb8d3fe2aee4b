from .ab_test import AbTest as AbTest, compare_streams as compare_streams
from .audit_log import (
    AuditError as AuditError,
    AuditLog as AuditLog,
    check_audit as check_audit,
    read_audit as read_audit,
)
from .drift import drift_table as drift_table, sampled as sampled
from .drift_report import verdict as verdict, write_drift_report as write_drift_report
from .queue_file import doubtful as doubtful, load_queue as load_queue, write_queue as write_queue
from .review_queue import open_queue as open_queue, reviewed_tracks as reviewed_tracks
