"""Labels that a person corrected, on their way back to training.

`regions` reads what an audio editor writes, `coverage` lays it over a transcript, `files` finds the
transcript that a file of labels belongs to, and `training` writes what `make train` reads.
"""
