"""The two phases, as the report has them."""

from lpr_helpers.training.phases import PHASE1, PHASE2


def test_the_phases_are_the_reports():
    assert (PHASE1.epochs, PHASE1.batch_size, PHASE1.learning_rate, PHASE1.weight_decay) == (
        25,
        64,
        1e-3,
        1e-5,
    )
    assert (PHASE1.clip, PHASE1.factor, PHASE1.patience, PHASE1.scenarios) == (5.0, 0.5, 3, ("A", "B"))
    assert (PHASE2.epochs, PHASE2.learning_rate, PHASE2.scenarios) == (10, 1e-4, ("B",))
    assert (PHASE1.augmentation, PHASE2.augmentation) == ("aggressive", "light")


def test_the_spacing_counts_less_and_less_and_after_its_steps_not_at_all():
    assert [PHASE1.spaced(step) for step in (0, 100, 400, 9999)] == [1, 0.75, 0, 0]
    assert PHASE2.spaced(0) == 0
