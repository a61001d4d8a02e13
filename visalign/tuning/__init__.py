"""Settings found by a reward, without labels, and compared on speakers that the search never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.tuning.bandit import POLICIES, Bandit
    from visalign.tuning.choosing import Choosing, choose_as_clips_arrive
    from visalign.tuning.configuration import format_config, write_config
    from visalign.tuning.holdout import Comparison, Estimate, compare_outcomes
    from visalign.tuning.page import write_tune_page, write_tune_plots
    from visalign.tuning.reward import DEFAULT_METRIC, TERMS, Metric, parse_metric, terms_of
    from visalign.tuning.run import RECOMMENDED, Tuned, TuneSettings, tune, tune_folder
    from visalign.tuning.space import DEFAULT_GROUPS, GROUPS, parse_groups, search_space
    from visalign.tuning.study import Found, TrialRecord, run_study

__all__ = [
    "DEFAULT_GROUPS",
    "DEFAULT_METRIC",
    "GROUPS",
    "POLICIES",
    "RECOMMENDED",
    "TERMS",
    "Bandit",
    "Choosing",
    "Comparison",
    "Estimate",
    "Found",
    "Metric",
    "TrialRecord",
    "TuneSettings",
    "Tuned",
    "choose_as_clips_arrive",
    "compare_outcomes",
    "format_config",
    "parse_groups",
    "parse_metric",
    "run_study",
    "search_space",
    "terms_of",
    "tune",
    "tune_folder",
    "write_config",
    "write_tune_page",
    "write_tune_plots",
]

__getattr__ = lazily(__name__)
