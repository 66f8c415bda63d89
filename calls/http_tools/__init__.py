"""Tools of a number that ask a system of the business over HTTP: what is free, book it.

An operator declares one on a page (`HttpTool`); a call is offered it beside the tools of every
number. `asking.py` is one use of it, `addresses.py` says where it may go, `offered.py` what the
model and the caller are told.
"""
