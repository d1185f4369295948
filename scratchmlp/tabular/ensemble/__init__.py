"""Ensembles of networks and other estimators."""
