"""What misleads: columns that tell the target, rows that are alike, numbers that mean missing."""
