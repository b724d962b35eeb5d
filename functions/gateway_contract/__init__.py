"""What the cloud functions and the bridge agree on: words, states, addresses, texts and frames.

Pure Python on the standard library alone. Both sides import it; it imports neither.
"""
