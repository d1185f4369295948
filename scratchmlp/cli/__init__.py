"""The main job: ``python -m scratchmlp``."""
