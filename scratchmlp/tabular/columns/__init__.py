"""From values to numbers: how each kind of column is encoded, and the encoder of a table."""
