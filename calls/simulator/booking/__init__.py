"""A small business's booking system, to be tried out: real HTTP and a real calendar, invented
business. `make call CONVERSATION=booking-tool` starts it for a call, `manage.py booking_system` for
as long as one likes; the tests have it fail as systems do.
"""
