"""What the pages quote: time, quality of predictions, and what each part of the method is worth."""
