"""Mistakes put into what is right: whether the data sets, and the checks, notice them."""
