from .attribution import Attribution as Attribution, attribute as attribute
from .bootstrap import (
    Estimate as Estimate,
    Metric as Metric,
    bootstrap_estimate as bootstrap_estimate,
    estimates as estimates,
    readable as readable,
)
from .breakdowns import (
    breakdown as breakdown,
    by_kind as by_kind,
    by_slot as by_slot,
    single_vs_fused as single_vs_fused,
    typical_tracks as typical_tracks,
    with_errors as with_errors,
    worst_tracks as worst_tracks,
)
from .calibration import (
    calibrate as calibrate,
    cross_fitted as cross_fitted,
    fit_calibration as fit_calibration,
)
from .calibrators import (
    CALIBRATORS as CALIBRATORS,
    LabelledConfidences as LabelledConfidences,
    compare_calibrators as compare_calibrators,
    fit_calibrator as fit_calibrator,
)
from .comparison import Comparison as Comparison, compare as compare, mcnemar as mcnemar, verdict as verdict
from .conditions import (
    CONDITIONS as CONDITIONS,
    by_condition as by_condition,
    separations as separations,
    with_conditions as with_conditions,
)
from .confidence_maps import Calibrator as Calibrator
from .confusions import (
    confusion_blocks as confusion_blocks,
    confusion_matrix as confusion_matrix,
    confusions_by_slot as confusions_by_slot,
    substitutions as substitutions,
    top_confusions as top_confusions,
)
from .diversity import (
    disagreements as disagreements,
    member_gains as member_gains,
    oracle as oracle,
)
from .domain_gap import (
    compression_gap as compression_gap,
    domain_gap_table as domain_gap_table,
    domain_gaps as domain_gaps,
    measure_frames as measure_frames,
    measure_images as measure_images,
)
from .effect_size import cliffs_delta as cliffs_delta
from .expectations import prior_effects as prior_effects
from .failures import (
    FAILURES as FAILURES,
    classify_failures as classify_failures,
    failure_examples as failure_examples,
    failure_shares as failure_shares,
)
from .frame_measures import (
    MEASURES as MEASURES,
    blockiness as blockiness,
    frame_shift as frame_shift,
    measure_frame as measure_frame,
)
from .frame_weights import by_frame_weight as by_frame_weight
from .fusion_methods import by_method as by_method
from .kept_calibration import (
    CALIBRATION_FILE as CALIBRATION_FILE,
    Calibration as Calibration,
    calibration_file as calibration_file,
    find_calibration as find_calibration,
    load_calibration as load_calibration,
    save_calibration as save_calibration,
)
from .metrics import (
    RATES as RATES,
    SUMMARY as SUMMARY,
    cer as cer,
    character_accuracy as character_accuracy,
    confidence_gap as confidence_gap,
    ece as ece,
    mean_confidence as mean_confidence,
    partial_rate as partial_rate,
    recognition_rate as recognition_rate,
    summaries as summaries,
    summary as summary,
)
from .pictures import invented_characters as invented_characters, picture_quality as picture_quality
from .pixel_sizes import lettering_shares as lettering_shares, pixel_worth as pixel_worth
from .reliability import confidence_bands as confidence_bands, reliability_curve as reliability_curve
from .review import Review as Review, review_table as review_table, review_threshold as review_threshold
from .saliency import saliency_map as saliency_map, saliency_maps as saliency_maps
from .systems import read_systems as read_systems, systems_table as systems_table
