"""What a cell and a column of a table say, before anything is learned."""
