"""Scripts that check a change: the same numbers, not slower, and tests that notice mistakes."""
