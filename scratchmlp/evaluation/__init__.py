"""How good a fitted estimator is: its predictions, scores, and numbers as they are written."""
