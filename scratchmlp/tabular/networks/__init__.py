"""The networks: how they are trained, one for each fold, and the ensembles of them."""
