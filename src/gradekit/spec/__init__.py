"""Challenges and rubrics: YAML files to frozen models, with every complaint at its line and column."""
