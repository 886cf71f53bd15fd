"""What grading costs, as ratios and differences that one run measures against each other."""
