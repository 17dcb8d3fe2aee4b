from .attribution import Attribution as Attribution
from .attribution import attribute as attribute
from .bootstrap import (
    Estimate as Estimate,
)
from .bootstrap import (
    Metric as Metric,
)
from .bootstrap import (
    bootstrap_estimate as bootstrap_estimate,
)
from .bootstrap import (
    estimates as estimates,
)
from .bootstrap import (
    readable as readable,
)
from .breakdowns import (
    breakdown as breakdown,
)
from .breakdowns import (
    by_kind as by_kind,
)
from .breakdowns import (
    by_position as by_position,
)
from .breakdowns import (
    single_vs_fused as single_vs_fused,
)
from .breakdowns import (
    typical_tracks as typical_tracks,
)
from .breakdowns import (
    with_errors as with_errors,
)
from .breakdowns import (
    worst_tracks as worst_tracks,
)
from .calibration import (
    Calibration as Calibration,
)
from .calibration import (
    calibrate as calibrate,
)
from .calibration import (
    cross_fitted as cross_fitted,
)
from .calibration import (
    fit_calibration as fit_calibration,
)
from .calibration import (
    load_calibration as load_calibration,
)
from .calibration import (
    save_calibration as save_calibration,
)
from .calibrators import (
    METHODS as METHODS,
)
from .calibrators import (
    Calibrator as Calibrator,
)
from .calibrators import (
    Evidence as Evidence,
)
from .calibrators import (
    compare_calibrators as compare_calibrators,
)
from .calibrators import (
    fit_calibrator as fit_calibrator,
)
from .comparison import Comparison as Comparison
from .comparison import compare as compare
from .comparison import mcnemar as mcnemar
from .comparison import verdict as verdict
from .conditions import (
    CONDITIONS as CONDITIONS,
)
from .conditions import (
    by_condition as by_condition,
)
from .conditions import (
    separations as separations,
)
from .conditions import (
    with_conditions as with_conditions,
)
from .confusions import (
    blocks as blocks,
)
from .confusions import (
    by_place as by_place,
)
from .confusions import (
    confusion as confusion,
)
from .confusions import (
    swaps as swaps,
)
from .confusions import (
    top_confusions as top_confusions,
)
from .domain_gap import (
    domain_gap_table as domain_gap_table,
)
from .domain_gap import (
    domain_gaps as domain_gaps,
)
from .domain_gap import (
    measure_frames as measure_frames,
)
from .failures import (
    FAILURES as FAILURES,
)
from .failures import (
    LOOK_ALIKES as LOOK_ALIKES,
)
from .failures import (
    alike as alike,
)
from .failures import (
    classify_failures as classify_failures,
)
from .failures import (
    failure_examples as failure_examples,
)
from .failures import (
    failure_shares as failure_shares,
)
from .frame_measures import (
    MEASURES as MEASURES,
)
from .frame_measures import (
    blockiness as blockiness,
)
from .frame_measures import (
    cliffs_delta as cliffs_delta,
)
from .frame_measures import (
    frame_shift as frame_shift,
)
from .frame_measures import (
    measure_frame as measure_frame,
)
from .frame_weights import by_frame_weight as by_frame_weight
from .fusion_methods import by_method as by_method
from .metrics import (
    RATES as RATES,
)
from .metrics import (
    SUMMARY as SUMMARY,
)
from .metrics import (
    cer as cer,
)
from .metrics import (
    character_accuracy as character_accuracy,
)
from .metrics import (
    confidence_gap as confidence_gap,
)
from .metrics import (
    ece as ece,
)
from .metrics import (
    mean_confidence as mean_confidence,
)
from .metrics import (
    partial_rate as partial_rate,
)
from .metrics import (
    recognition_rate as recognition_rate,
)
from .metrics import (
    summary as summary,
)
from .pixel_sizes import lettering as lettering
from .pixel_sizes import pixel_worth as pixel_worth
from .reliability import confidence_bands as confidence_bands
from .reliability import reliability_curve as reliability_curve
from .review import Review as Review
from .review import review_table as review_table
from .review import review_threshold as review_threshold
from .saliency import saliency_map as saliency_map
from .temperature import apply_temperature as apply_temperature
from .temperature import fit_temperature as fit_temperature
