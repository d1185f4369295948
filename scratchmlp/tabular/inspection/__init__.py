"""What predictions depend on: importances, explanations, associations and drift of columns."""
