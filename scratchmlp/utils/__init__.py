"""What computers need: BLAS threads, whole files, optional packages, names in messages."""
