"""Training, export and evaluation: runs where torch and fastai are, and may import serve."""
