"""What was agreed in a call: written by the worker after it, corrected by persons.

A number has a form (`FormField`); each call an `Agreed` with its values. `writing.py` fills it,
with a language model or without one; `correcting.py` is a person's hand in it.
"""
