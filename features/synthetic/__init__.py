"""Persons, spells, support and outcomes from a seed, with a known truth: all demo and test data."""

from features.synthetic.cohort import Cohort, build_cohort, write_cohort
from features.synthetic.world import WORLDS, CohortRefusedError, World

__all__ = ["WORLDS", "Cohort", "CohortRefusedError", "World", "build_cohort", "write_cohort"]
