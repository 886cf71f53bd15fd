"""A report in every format: pure views of one record, none of which knows the others."""
