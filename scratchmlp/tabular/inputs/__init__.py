"""What is learned of inputs from the training rows of a fold: bins, target encoding and more."""
