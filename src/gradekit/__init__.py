"""gradekit grades backend take-home submissions in a sandbox, with the evidence behind every number."""

__version__ = "0.1.0"
