"""What other programs read: a file a format, each a function from `Tagged` to bytes.

What is dropped means the same in all of them: what `Tagged.dropped` says.
"""
