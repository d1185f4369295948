"""Estimators as ONNX models, which need neither this package nor Python."""
