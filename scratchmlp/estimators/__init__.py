"""The estimators: what scikit-learn users hold."""
