"""Runs over many files: `segue tag`, which goes on where it was stopped."""
