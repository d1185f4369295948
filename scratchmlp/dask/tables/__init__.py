"""Ensembles for raw tables that are trained on a Dask cluster."""
