# Write add here.
