"""Two result sets compared as SQL means them: bags of rows, exact decimals, tolerant floats, NULL = NULL."""
