"""What SMS Bridge runs on: the local stack, and later the files of a real installation."""
