"""What predictions depend on, and how sure they are."""
