"""Local stand-ins for the cloud: real servers that speak the real wire protocols.

Rule: the real client libraries connect to them unchanged, and they enforce what the vendor
enforces, in its codes and words. They do not understand speech or language, and do not pretend to.
"""
