"""The notebooks' work without a notebook; that it trains and submits is in training/test_distributed."""

import pytest
from accelerate import PartialState

from lpr_helpers.notebook.pipeline import STEPS
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.utils.steps import MissingStepError
from tests.support import FIXTURE


@pytest.mark.parametrize("step", ["phase2", "submission"])
def test_a_step_that_builds_on_an_earlier_one_asks_for_it_by_name(step, tmp_path):
    settings = read_settings(
        {"LPR_DATA": str(FIXTURE), "LPR_ARTIFACTS": str(tmp_path), "LPR_PROFILE": "tiny"}
    )
    with pytest.raises(MissingStepError, match="Run 02_train_phase1 first"):
        STEPS[step](settings, PartialState(cpu=True))
